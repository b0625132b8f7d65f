import LatchkeyTokens
import Testing

@testable import LatchkeyCore

/// When a signed list still says the truth after another token has got a place in it.
struct ShelvedStatusListTests {
    private let second: Int64 = 1_795_420_800

    func record() -> StatusListRecord {
        StatusListRecord(
            number: 7, size: 64, openedAt: Timestamp(seconds: second), expiresAt: Timestamp(seconds: second + 600))
    }

    func entry(_ place: Int64) throws -> StatusEntry {
        StatusEntry(
            list: record(), place: place,
            token: RevocationSubject(
                tokenID: try #require(TokenID("t\(place)")), sessionID: nil, subject: "app",
                clientID: try #require(ClientID("app")), keyID: try key, issuedAt: Timestamp(seconds: second)))
    }

    private var key: KeyID {
        get throws { try #require(KeyID("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")) }
    }

    /// A list with one token that was signed at `seq` 4.
    private func shelved() throws -> ShelvedStatusList {
        var list = ShelvedStatusList(record())
        list.add(try entry(3), isRevoked: false, sequence: 4)
        list.built = ShelvedStatusList.Built(
            signed: SignedStatusList(text: [], etag: ""), statuses: list.statuses(RevocationIndex()),
            builtAt: Timestamp(seconds: second), keyID: try key, sequence: 4, rows: 1)
        return list
    }

    @Test(arguments: [(false, 4, 2), (true, 4, 1), (false, 3, 1), (false, 5, 1)])
    func `a newcomer is covered only when it is not revoked as of the very same seq`(
        isRevoked: Bool, sequence: Int64, rows: Int
    ) throws {
        var list = try shelved()
        list.add(try entry(9), isRevoked: isRevoked, sequence: sequence)
        #expect(list.built?.rows == rows)
        // What was missed once stays missed until the list is built again.
        list.add(try entry(10), isRevoked: false, sequence: 4)
        #expect(list.built?.rows == (rows == 2 ? 3 : 1))
        #expect(list.tokens.count == 3)
    }

    private func revocations(_ targets: RevocationEntry.Target...) -> RevocationIndex {
        var index = RevocationIndex()
        for (offset, target) in targets.enumerated() {
            index.insert(
                RevocationEntry(
                    sequence: Int64(offset + 1), target: target, expiresAt: Timestamp(seconds: second + 900)))
        }
        return index
    }

    private func set(_ list: StatusList) -> [Int] { (0..<list.count).filter { list[$0] == .invalid } }

    @Test func `bits are those of the tokens that an entry matches`() throws {
        var list = ShelvedStatusList(record())
        for place in [3, 9, 60] as [Int64] { list.add(try entry(place), isRevoked: false, sequence: 0) }
        #expect(set(list.statuses(RevocationIndex())) == [])
        #expect(set(list.statuses(revocations(.token(try #require(TokenID("t9")))))) == [9])
        #expect(set(list.statuses(revocations(.key(try key)))) == [3, 9, 60])
    }

    @Test func `an entry for everybody covers a list opened up to its second, and none opened later`() throws {
        var list = ShelvedStatusList(record())
        list.add(try entry(3), isRevoked: false, sequence: 0)
        #expect(set(list.statuses(revocations(.all(issuedBefore: Timestamp(seconds: second - 1))))) == [])
        #expect(set(list.statuses(revocations(.all(issuedBefore: Timestamp(seconds: second))))).count == 64)
    }
}

/// A list of another node, of which rows are read again and again.
extension ShelvedStatusListTests {
    @Test func `rows that are read twice count once, and a later seq may have more`() throws {
        var list = ShelvedStatusList(record(), isOwn: false)
        #expect(list.lacksRows(at: 0))
        list.read([try entry(3), try entry(9)], sequence: 4)
        list.read([try entry(9), try entry(1)], sequence: 5)
        #expect(list.tokens.count == 3 && list.places == [3, 9, 1])
        #expect(!list.lacksRows(at: 5) && list.lacksRows(at: 6))
        list.forgetJudgement()
        #expect(list.lacksRows(at: 0))
        #expect(!ShelvedStatusList(record()).lacksRows(at: 7), "its own node knows all rows")
    }
}
