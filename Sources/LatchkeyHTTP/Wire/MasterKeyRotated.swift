/// The answer to `POST /api/v1/admin/master-key/rotate`.
package struct MasterKeyRotated: Codable, Sendable, Equatable {
    package let currentSlot: Int
    /// Slots that stay in the ring for refresh tokens issued under them.
    package let olderSlots: [Int]
    package let resealedKeys: Int
    package let resealedSecrets: Int

    package init(currentSlot: Int, olderSlots: [Int], resealedKeys: Int, resealedSecrets: Int) {
        self.currentSlot = currentSlot
        self.olderSlots = olderSlots
        self.resealedKeys = resealedKeys
        self.resealedSecrets = resealedSecrets
    }

    enum CodingKeys: String, CodingKey {
        case currentSlot = "current_slot"
        case olderSlots = "older_slots"
        case resealedKeys = "resealed_keys"
        case resealedSecrets = "resealed_secrets"
    }
}
