import LatchkeyTokens
import TestConditions
import Testing

/// The column form of a document: the same list, and as strict a reader.
struct RevocationColumnsTests {
    struct Case: VectorCase {
        let name: String
        let input: String
        let expected: [RevocationIndexTests.Entry]?
    }

    @Test(arguments: try Vectors.load("revocation/columns.json", as: VectorFile<Case>.self).cases)
    func `columns stand for the entries that their vector lists`(vector: Case) throws {
        let document = try? RevocationDocument(parsing: Array(vector.input.utf8))
        #expect(try document?.entries == vector.expected?.map { try $0.read() })
    }

    private static let now = Timestamp(seconds: 1_795_420_800)

    private static func document(_ entries: [RevocationEntry], after: Int64 = 0) -> RevocationDocument {
        RevocationDocument(
            issuer: "https://auth.example.com", epoch: "e1", after: after,
            sequence: entries.map(\.sequence).max() ?? after, now: Self.now, nextUpdate: 5, expiresIn: 60,
            entries: entries)
    }

    private static func randomEntries(_ count: Int, seed: UInt64) throws -> [RevocationEntry] {
        var generator = SeededGenerator(seed: seed)
        var sequence: Int64 = 40
        return try (0..<count).map { _ in
            sequence += .random(in: 1...5, using: &generator)
            let instant = Self.now - .seconds(Int64.random(in: 0...4000, using: &generator))
            let target: RevocationEntry.Target =
                switch Int.random(in: 0..<12, using: &generator) {
                case 0: .all(issuedBefore: instant)
                case 1: .client(try #require(ClientID("orders")), issuedBefore: instant)
                case 2: .key(try #require(KeyID("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")))
                case 3: .token(try #require(TokenID("not-ours-at-all")))
                case 4, 5: .token(.generate())
                case 6, 7, 8: .user(.generate(at: instant), issuedBefore: instant)
                default: .session(.generate(at: instant))
                }
            return RevocationEntry(
                sequence: sequence, target: target,
                expiresAt: Self.now + .seconds(Int64.random(in: -100...4000, using: &generator)))
        }
    }

    @Test(arguments: [0, 1, 2, 3, 17, 500])
    func `what is written in columns is read as the same list`(count: Int) throws {
        for seed in 1...5 as ClosedRange<UInt64> {
            let entries = try Self.randomEntries(count, seed: seed)
            let document = Self.document(entries, after: 40)
            #expect(try RevocationDocument(parsing: document.encode(.columns)) == document)
            #expect(try RevocationDocument(parsing: document.encode(.plain)) == document)
        }
    }

    @Test func `a long list takes a third of the plain form`() throws {
        let entries = (1...2000 as ClosedRange<Int64>).map { number in
            RevocationEntry(
                sequence: number, target: .session(.generate(at: Self.now)), expiresAt: Self.now + .seconds(420))
        }
        let document = Self.document(entries)
        #expect(document.encode(.columns).count * 3 < document.encode(.plain).count)
    }

    private static let ids = Base64URL.string([UInt8](repeating: 0x71, count: 16))
    private static let two = Base64URL.string([UInt8](repeating: 0x71, count: 32))

    private static func text(_ columns: String, entries: String = "", sequence: Int64 = 9) -> [UInt8] {
        Array(
            """
            {"iss":"https://auth.example.com","epoch":"e1","after":0,"seq":\(sequence),"now":1795420800,"next_update":5,
            "expires_in":60,"entries":[\(entries)],"columns":[\(columns)]}
            """.utf8)
    }

    private static let plainSession =
        #"{"seq":3,"kind":"session","id":"01930000-0000-7000-8000-000000000000","exp":1795420900}"#

    @Test func `columns and entries are put in order together`() throws {
        let group = #"{"kind":"session","count":2,"ids":"\#(Self.two)","seq":[1,4],"exp":[60,1]}"#
        let document = try RevocationDocument(parsing: Self.text(group, entries: Self.plainSession))
        #expect(document.entries.map(\.sequence) == [1, 3, 5])
        #expect(document.entries.map(\.expiresAt.seconds) == [1_795_420_860, 1_795_420_900, 1_795_420_861])
    }

    @Test(arguments: [
        // A kind without a column form, an unknown one, none.
        #"{"kind":"client","count":1,"ids":"IDS","seq":[1],"exp":[1]}"#,
        #"{"kind":"planet","count":1,"ids":"IDS","seq":[1],"exp":[1]}"#,
        #"{"count":1,"ids":"IDS","seq":[1],"exp":[1]}"#,
        // Members that are missing, too many, or of another length.
        #"{"kind":"session","ids":"IDS","seq":[1],"exp":[1]}"#,
        #"{"kind":"session","count":1,"seq":[1],"exp":[1]}"#,
        #"{"kind":"session","count":1,"ids":"IDS","exp":[1]}"#,
        #"{"kind":"session","count":1,"ids":"IDS","seq":[1]}"#,
        #"{"kind":"session","count":1,"ids":"IDS","seq":[1],"exp":[1],"iat_before":[1]}"#,
        #"{"kind":"user","count":1,"ids":"IDS","seq":[1],"exp":[1]}"#,
        #"{"kind":"session","count":2,"ids":"IDS","seq":[1,1],"exp":[1,1]}"#,
        #"{"kind":"session","count":1,"ids":"IDS","seq":[1,1],"exp":[1]}"#,
        #"{"kind":"session","count":0,"ids":"","seq":[],"exp":[]}"#,
        #"{"kind":"session","count":-1,"ids":"","seq":[],"exp":[]}"#,
        #"{"kind":"session","count":9223372036854775807,"ids":"IDS","seq":[1],"exp":[1]}"#,
        // Ids in no canonical form.
        #"{"kind":"session","count":1,"ids":"cXFxcXFxcXFxcXFxcXFxcQ==","seq":[1],"exp":[1]}"#,
        #"{"kind":"session","count":1,"ids":17,"seq":[1],"exp":[1]}"#,
        // Numbers that are none, or leave their range.
        #"{"kind":"session","count":1,"ids":"IDS","seq":[1.0],"exp":[1]}"#,
        #"{"kind":"session","count":1,"ids":"IDS","seq":[9223372036854775807,1],"exp":[1]}"#,
        #"{"kind":"session","count":1,"ids":"IDS","seq":[1],"exp":[9223372036854775807]}"#,
        #"{"kind":"session","count":1,"ids":"IDS","seq":[1],"exp":[-9223372036854775808]}"#,
        #"{"kind":"user","count":1,"ids":"IDS","seq":[1],"exp":[1],"iat_before":[-1795420801]}"#,
    ])
    func `a group whose members do not fit each other refuses the document`(group: String) {
        let text = Self.text(group.replacing("IDS", with: Self.ids))
        #expect(throws: RefusedDocument.self) { try RevocationDocument(parsing: text) }
    }

    @Test func `a seq that does not ascend, within a group or across, refuses the document`() {
        for group in [
            #"{"kind":"session","count":1,"ids":"\#(Self.ids)","seq":[3],"exp":[1]}"#,
            #"{"kind":"session","count":2,"ids":"\#(Self.two)","seq":[2,0],"exp":[1,1]}"#,
            #"{"kind":"session","count":1,"ids":"\#(Self.ids)","seq":[10],"exp":[1]}"#,
            #"{"kind":"session","count":1,"ids":"\#(Self.ids)","seq":[0],"exp":[1]}"#,
        ] {
            let error = #expect(throws: RefusedDocument.self) {
                try RevocationDocument(parsing: Self.text(group, entries: Self.plainSession))
            }
            #expect(error?.reason == .badOrder, "\(group)")
        }
    }

    @Test func `a fourth group, or more entries than the cap, refuses the document`() {
        let group = { (sequence: Int) in
            #"{"kind":"session","count":1,"ids":"\#(Self.ids)","seq":[\#(sequence)],"exp":[1]}"#
        }
        let four = (1...4).map(group).joined(separator: ",")
        #expect(throws: RefusedDocument.self) { try RevocationDocument(parsing: Self.text(four)) }
        let three = Self.text((1...3).map(group).joined(separator: ","))
        #expect(throws: Never.self) { try RevocationDocument(parsing: three, maximumEntries: 3) }
        let error = #expect(throws: RefusedDocument.self) { try RevocationDocument(parsing: three, maximumEntries: 2) }
        #expect(error?.reason == .tooLarge)
    }

    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func `damage never gets through unnoticed as another list`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let document = Self.document(try Self.randomEntries(20, seed: seed), after: 40)
        var bytes = document.encode(.columns)
        bytes.removeLast(.random(in: 1..<bytes.count, using: &generator))
        #expect(throws: RefusedDocument.self) { try RevocationDocument(parsing: bytes) }
    }
}
