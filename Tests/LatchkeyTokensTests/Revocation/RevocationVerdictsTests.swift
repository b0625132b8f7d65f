import LatchkeyTokens
import Testing

/// Whole conversations with a server, a proxy or an attacker: what is asked next, how fresh the list is, and which
/// tokens it revokes after each step.
struct RevocationVerdictsTests {
    struct File: Decodable {
        let issuer: String
        let skew: Int64
        let tokens: [String: RevocationIndexTests.Case.Token]
        let cases: [Case]
    }

    struct Case: VectorCase {
        struct Step: Codable {
            let at: Int64
            /// At most one of these two.
            let document: RevocationListStateTests.Document?
            let body: String?
            /// Of the document; nil when there is none.
            let expected: String?
            let prune: Bool?
            let next: RevocationListStateTests.Case.Query?
            let freshness: String
            let verdicts: [String: String]
        }
        let name: String
        let steps: [Step]
    }

    private static func load() throws -> File { try Vectors.load("revocation/verdicts.json") }

    /// What taking the step's document or body said.
    private static func take(_ step: Case.Step, into state: inout RevocationListState) throws -> String? {
        guard let bytes = try step.body.map({ Array($0.utf8) }) ?? step.document.map(Vectors.bytes) else { return nil }
        do throws(RefusedDocument) {
            let document = try RevocationDocument(parsing: bytes)
            return try state.apply(document, receivedAt: Timestamp(seconds: step.at)).rawValue
        } catch {
            return error.reason.rawValue
        }
    }

    @Test(arguments: try load().cases)
    func `every token has its verdict after each step`(vector: Case) throws {
        let file = try Self.load()
        var state = RevocationListState(issuer: file.issuer, skew: .seconds(file.skew))
        for (number, step) in vector.steps.enumerated() {
            let place = "step \(number + 1)"
            let instant = Timestamp(seconds: step.at)
            #expect(try Self.take(step, into: &state) == step.expected, "\(place)")
            if step.prune == true { state.prune(at: instant) }
            let next = state.nextQuery.map { RevocationListStateTests.Case.Query(after: $0.after, epoch: $0.epoch) }
            #expect(next == step.next, "\(place)")
            #expect(state.freshness(at: instant).rawValue == step.freshness, "\(place)")
            #expect(Set(step.verdicts.keys) == Set(file.tokens.keys), "\(place)")
            for (name, token) in file.tokens {
                let claims = try RevocationIndexTests.claims(token)
                let keyID = try #require(KeyID(token.kid))
                let isRevoked = state.index.firstMatch(for: claims, keyID: keyID) != nil
                #expect((isRevoked ? "revoked" : "accepted") == step.verdicts[name], "\(place): \(name)")
            }
        }
    }

    @Test func `the vectors hold every reason for which a document can be refused`() throws {
        let seen = try Set(Self.load().cases.flatMap { $0.steps.compactMap(\.expected) })
        for reason in [
            RefusedDocument.Reason.badJSON, .badMember, .badEntry, .badOrder, .wrongIssuer, .fromTheFuture, .outdated,
            .wentBackwards, .gap,
        ] { #expect(seen.contains(reason.rawValue), "\(reason.rawValue)") }
    }
}
