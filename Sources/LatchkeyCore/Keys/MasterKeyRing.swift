package import Crypto
import Foundation
import Synchronization

/// Why the master key cannot be used. Stops the start with a sentence that says what to do.
package struct MasterKeyFault: Error, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Up to 16 master keys, one of them current.
///
/// Text form, for the key file and for `LATCHKEY_MASTER_KEY`: `SLOT:BASE64` items separated by white space or commas,
/// the last one current; a bare `BASE64` is slot 0.
///
/// Sealed form: one byte (format version 1 in the high four bits, slot in the low ones) ‖ AES-256-GCM nonce (12) ‖
/// ciphertext ‖ tag (16). The purpose and the context (for instance the `kid`) are authenticated, so that a sealed
/// value cannot be moved to another row.
package final class MasterKeyRing: Sendable {
    package static let slotCount = 16
    private static let formatVersion: UInt8 = 1

    private struct State {
        var keys: [UInt8: MasterKey]
        /// Oldest first; the last one is current.
        var order: [UInt8]
        var current: UInt8 { order[order.count - 1] }
    }
    private let state: Mutex<State>
    /// Held by code that has sealed something and not stored it yet, and by a rotation of the master key.
    private let line = WaitingLine<String>(limit: 1024, limitPerKey: 1024)

    /// - Throws: ``MasterKeyFault`` when the text does not have the form above.
    package init(text: String) throws(MasterKeyFault) {
        var keys: [UInt8: MasterKey] = [:]
        var order: [UInt8] = []
        // By bytes: in Swift's String, CR LF is one character, and a combining mark would swallow the comma before it.
        for item in text.utf8.split(whereSeparator: { $0 <= 0x20 || $0 == UInt8(ascii: ",") }) {
            let parts = item.split(separator: UInt8(ascii: ":"), maxSplits: 1)
            let base64 = parts.last.map { Array($0) } ?? []
            guard let slot = Self.slot(parts.count == 2 ? Array(parts[0]) : [UInt8(ascii: "0")]),
                let data = Data(base64Encoded: Data(base64)),
                // Foundation accepts superfluous padding.
                Array(data.base64EncodedData()) == base64, let key = MasterKey(bytes: Array(data))
            else {
                throw MasterKeyFault(
                    "The master key is not readable: expected SLOT:BASE64 with a slot from 0 to 15 and 32 bytes in base64."
                )
            }
            guard keys.updateValue(key, forKey: slot) == nil else {
                throw MasterKeyFault("The master key lists slot \(slot) twice; each slot may appear only once.")
            }
            order.append(slot)
        }
        guard !order.isEmpty else {
            throw MasterKeyFault("The master key is empty: expected 32 bytes in base64.")
        }
        self.state = Mutex(State(keys: keys, order: order))
    }

    /// `nil` for anything but one or two digits below ``slotCount``.
    private static func slot(_ digits: [UInt8]) -> UInt8? {
        guard (1...2).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return number < slotCount ? UInt8(number) : nil
    }

    /// A ring with one new random key in slot 0.
    package static func generate() -> MasterKeyRing {
        MasterKeyRing(keys: [0: .generate()], order: [0])
    }

    private init(keys: [UInt8: MasterKey], order: [UInt8]) {
        self.state = Mutex(State(keys: keys, order: order))
    }

    /// Runs `body` while no other task seals or rotates: everything sealed inside is stored before a rotation re-seals
    /// the stored values. Not re-entrant.
    package func sealing<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await line.inTurn("sealing", body)
        } catch is WaitingLine<String>.Full {
            throw Refusal(.overloaded, "Too many changes are waiting; try again.", retryAfter: .seconds(1))
        }
    }

    /// The text form, oldest key first and the current one last. A secret: only for the key file.
    package var text: String {
        state.withLock { state in
            state.order.compactMap { slot in
                state.keys[slot].map { "\(slot):\(Data($0.bytes).base64EncodedString())\n" }
            }
            .joined()
        }
    }

    package var currentSlot: UInt8 { state.withLock { $0.current } }
    package var slots: [UInt8] { state.withLock { $0.keys.keys.sorted() } }

    package func contains(slot: UInt8) -> Bool { state.withLock { $0.keys[slot] != nil } }

    /// Derives the key of `purpose` from the key in `slot` (default: the current one); `nil` when the slot is empty.
    package func derive(
        _ purpose: MasterKey.Purpose, slot: UInt8? = nil, salt: [UInt8] = [], context: [UInt8] = []
    ) -> SymmetricKey? {
        state.withLock { $0.keys[slot ?? $0.current] }?.derive(purpose, salt: salt, context: context)
    }

    /// As ``derive(_:slot:salt:context:)``, for hashing.
    package func deriveHash(
        _ purpose: MasterKey.Purpose, slot: UInt8, salt: [UInt8], context: [UInt8]
    ) -> KeyedHash? {
        state.withLock { $0.keys[slot] }?.deriveHash(purpose, salt: salt, context: context)
    }

    /// A ring with one more key, which becomes the current one. Throws when all 16 slots are in use.
    package func adding(_ key: MasterKey) throws(MasterKeyFault) -> MasterKeyRing {
        let (keys, order, slot) = try room()
        return MasterKeyRing(keys: keys.merging([slot: key]) { old, _ in old }, order: order + [slot])
    }

    /// A ring with one more key, which is not used before it is the current one on purpose: it stands right before that.
    /// Throws when one slot is left: in a full ring nobody could tell it from an old one.
    package func preparing(_ key: MasterKey) throws(MasterKeyFault) -> MasterKeyRing {
        let (keys, order, slot) = try room(for: 2)
        return MasterKeyRing(
            keys: keys.merging([slot: key]) { old, _ in old }, order: order.dropLast() + [slot] + order.suffix(1))
    }

    /// The slot that waits for its use. It stands where an older one would, with the number that a new one gets.
    package var prepared: UInt8? {
        state.withLock { state in
            guard state.order.count > 1, state.order.count < Self.slotCount else { return nil }
            let slot = state.order[state.order.count - 2]
            return Self.free(after: state.current) { state.keys[$0] != nil && $0 != slot } == slot ? slot : nil
        }
    }

    /// A ring whose current key is the prepared one; nil when there is none.
    package func usingPrepared() -> MasterKeyRing? {
        guard let slot = prepared else { return nil }
        return state.withLock { state in
            MasterKeyRing(keys: state.keys, order: state.order.filter { $0 != slot } + [slot])
        }
    }

    private func room(for count: Int = 1) throws(MasterKeyFault) -> (
        keys: [UInt8: MasterKey], order: [UInt8], slot: UInt8
    ) {
        let (keys, order, current) = state.withLock { ($0.keys, $0.order, $0.current) }
        guard keys.count + count <= Self.slotCount, let slot = Self.free(after: current, unless: { keys[$0] != nil })
        else {
            throw MasterKeyFault("All 16 master-key slots are in use: remove old ones from the key file first.")
        }
        return (keys, order, slot)
    }

    private static func free(after current: UInt8, unless isUsed: (UInt8) -> Bool) -> UInt8? {
        (1..<UInt8(slotCount)).map { (current + $0) % UInt8(slotCount) }.first { !isUsed($0) }
    }

    /// A ring with only the current key.
    package func droppingOthers() -> MasterKeyRing {
        state.withLock { state in
            MasterKeyRing(keys: state.keys.filter { $0.key == state.current }, order: [state.current])
        }
    }

    /// Takes over the keys of another ring; values sealed with a slot that is gone cannot be opened any more.
    package func replace(with other: MasterKeyRing) {
        let (keys, order) = other.state.withLock { ($0.keys, $0.order) }
        state.withLock { $0 = State(keys: keys, order: order) }
    }

    /// Seals with the current key. `context` is authenticated and is needed again to open.
    package func seal(_ plaintext: [UInt8], purpose: MasterKey.Purpose, context: [UInt8]) throws -> [UInt8] {
        let (key, slot) = state.withLock { ($0.keys[$0.current], $0.current) }
        guard let key else { throw MasterKeyFault("The current master-key slot \(slot) is empty.") }
        let first = Self.formatVersion << 4 | slot
        let box = try AES.GCM.seal(
            plaintext, using: key.derive(purpose), authenticating: Self.associatedData(first, purpose, context))
        guard let combined = box.combined else { throw MasterKeyFault("AES-GCM gave no combined form.") }
        return [first] + Array(combined)
    }

    /// Opens a value from ``seal(_:purpose:context:)``.
    /// - Throws: ``MasterKeyFault`` when the slot is empty, the key is a different one, or the value was changed.
    package func open(
        _ sealed: [UInt8], purpose: MasterKey.Purpose, context: [UInt8]
    ) throws(MasterKeyFault) -> [UInt8] {
        guard let first = sealed.first, first >> 4 == Self.formatVersion, sealed.count >= 1 + 12 + 16 else {
            throw MasterKeyFault("A sealed value in the database has an unknown form.")
        }
        let slot = first & 0x0f
        guard let key = state.withLock({ $0.keys[slot] }) else {
            throw MasterKeyFault(
                "The database is sealed with master key slot \(slot), which is not in the given master key.")
        }
        do {
            let box = try AES.GCM.SealedBox(combined: sealed.dropFirst())
            return Array(
                try AES.GCM.open(
                    box, using: key.derive(purpose), authenticating: Self.associatedData(first, purpose, context)))
        } catch {
            throw MasterKeyFault("A sealed value in the database does not open with the given master key.")
        }
    }

    /// The text that is sealed to show later whether a master key is the right one.
    static let probeText = Array("latchkey".utf8)

    /// Whether this is the ring that a database was sealed with.
    package func opens(probe: [UInt8]) -> Bool {
        (try? open(probe, purpose: .probe, context: Self.probeText)) != nil
    }

    private static func associatedData(_ first: UInt8, _ purpose: MasterKey.Purpose, _ context: [UInt8]) -> [UInt8] {
        [first] + Array(purpose.rawValue.utf8) + [0] + context
    }
}
