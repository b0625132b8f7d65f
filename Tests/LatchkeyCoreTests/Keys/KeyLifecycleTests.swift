import LatchkeyCore
import LatchkeyTokens
import Testing

struct KeyLifecycleTests {
    private static let hour: Int64 = 3600
    private let lifecycle = KeyLifecycle(
        announcePeriod: .seconds(24 * hour), rotationPeriod: .seconds(720 * hour), retirement: .seconds(420))
    private let start = Timestamp(seconds: 1_795_420_800)

    private func id(_ letter: Character) throws -> KeyID {
        try #require(KeyID(String(repeating: letter, count: 42) + "A"))
    }

    private func key(
        _ letter: Character, _ state: SigningKeyRecord.State, announced: Int64 = 0, activated: Int64? = nil,
        retired: Int64? = nil, algorithm: JWSAlgorithm = .es256
    ) throws -> SigningKeyRecord {
        SigningKeyRecord(
            id: try id(letter), algorithm: algorithm, state: state, publicKey: [], sealedPrivateKey: nil,
            announcedAt: start + .seconds(announced), activatedAt: activated.map { start + .seconds($0) },
            retiredAt: retired.map { start + .seconds($0) })
    }

    private func due(_ keys: [SigningKeyRecord], after seconds: Int64) -> [KeyLifecycle.Step] {
        lifecycle.due(keys: keys, algorithms: [.es256], now: start + .seconds(seconds))
    }

    @Test func `the first key of an algorithm signs at once and the next is announced`() {
        #expect(due([], after: 0) == [.createActive(.es256), .createAnnounced(.es256)])
    }

    @Test func `nothing is due while a key serves and the next is announced`() throws {
        let keys = [try key("a", .active, activated: 0), try key("b", .announced)]
        #expect(due(keys, after: 0).isEmpty)
        #expect(due(keys, after: 720 * Self.hour - 1).isEmpty)
    }

    @Test func `the announced key takes over when the active one has served`() throws {
        let keys = [try key("a", .active, activated: 0), try key("b", .announced)]
        #expect(due(keys, after: 720 * Self.hour) == [.activate(try id("b")), .createAnnounced(.es256)])
    }

    @Test func `a key announced too late does not sign before its time`() throws {
        let late = 719 * Self.hour
        let keys = [try key("a", .active, activated: 0), try key("b", .announced, announced: late)]
        #expect(due(keys, after: late + 24 * Self.hour - 1).isEmpty)
        #expect(due(keys, after: late + 24 * Self.hour) == [.activate(try id("b")), .createAnnounced(.es256)])
    }

    @Test func `a missing announced key is made`() throws {
        #expect(due([try key("a", .active, activated: 0)], after: 5) == [.createAnnounced(.es256)])
    }

    @Test func `a retired key leaves when its last token has expired and not before`() throws {
        let keys = [
            try key("a", .retired, activated: 0, retired: 100), try key("b", .active, activated: 100),
            try key("c", .announced),
        ]
        #expect(due(keys, after: 519).isEmpty)
        #expect(due(keys, after: 520) == [.expire(try id("a"))])
    }

    @Test func `without an active key a ripe announced one signs, an unripe one does not`() throws {
        let keys = [try key("b", .announced)]
        #expect(due(keys, after: 24 * Self.hour) == [.activate(try id("b")), .createAnnounced(.es256)])
        #expect(due(keys, after: 5) == [.createActive(.es256)])
    }

    @Test func `keys of an algorithm that is no longer used stay on their schedule`() throws {
        let keys = [
            try key("a", .active, activated: 0), try key("b", .announced),
            try key("c", .active, activated: 0, algorithm: .rs256),
        ]
        #expect(due(keys, after: 5) == [.createAnnounced(.rs256)])
    }

    @Test func `a rotation by hand obeys the same announce period and says how long`() throws {
        let keys = [try key("a", .active, activated: 0), try key("b", .announced)]
        let early = #expect(throws: Refusal.self) {
            try lifecycle.rotateNow(keys: keys, algorithm: .es256, now: start + .seconds(60))
        }
        #expect(early?.code == .conflict)
        #expect(early?.detail.contains("\((start + .seconds(24 * Self.hour)).words)") == true)
        #expect(
            try lifecycle.rotateNow(keys: keys, algorithm: .es256, now: start + .seconds(24 * Self.hour))
                == [.activate(try id("b")), .createAnnounced(.es256)])
        #expect(throws: Refusal.self) {
            try lifecycle.rotateNow(keys: keys, algorithm: .rs256, now: start + .seconds(24 * Self.hour))
        }
    }
}
