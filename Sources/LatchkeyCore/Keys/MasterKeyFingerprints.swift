import Crypto
import LatchkeyBytes

/// Which keys a ring has, for comparing rings without showing them.
package struct MasterKeyFingerprints: Sendable, Equatable {
    /// A fingerprint by slot: 32 hexadecimal digits.
    package let slots: [UInt8: String]
    package let current: UInt8

    init(slots: [UInt8: String], current: UInt8) {
        self.slots = slots
        self.current = current
    }

    /// As ``MasterKeyRing`` is written: `SLOT:FINGERPRINT`, the current one last.
    package var text: String {
        let others = slots.keys.filter { $0 != current }.sorted()
        return (others + [current]).compactMap { slot in slots[slot].map { "\(slot):\($0)" } }.joined(separator: " ")
    }

    /// Nil for anything else than ``text``.
    package init?(_ text: String) {
        var slots: [UInt8: String] = [:]
        var last: UInt8?
        for item in text.utf8.split(separator: UInt8(ascii: " ")) {
            let parts = item.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard parts.count == 2, let slot = UInt8(Substring(parts[0])), slot < MasterKeyRing.slotCount,
                parts[1].count == 32, Hexadecimal.decode(parts[1]) != nil,
                slots.updateValue(String(Substring(parts[1])), forKey: slot) == nil
            else { return nil }
            last = slot
        }
        guard let last else { return nil }
        self.init(slots: slots, current: last)
    }
}

extension MasterKeyRing {
    /// Derived like every other key, so that they tell nothing about the keys.
    package var fingerprints: MasterKeyFingerprints {
        let current = currentSlot
        var prints: [UInt8: String] = [:]
        for slot in slots {
            guard let key = derive(.fingerprint, slot: slot) else { continue }
            prints[slot] = unsafe key.withUnsafeBytes { unsafe Hexadecimal.string($0.prefix(16)) }
        }
        return MasterKeyFingerprints(slots: prints, current: current)
    }
}
