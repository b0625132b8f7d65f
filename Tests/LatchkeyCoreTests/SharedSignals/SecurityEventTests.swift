import LatchkeyCore
import LatchkeyTokens
import Testing

struct SecurityEventTests {
    private static let now = Timestamp(seconds: 1_795_420_800)

    @Test(arguments: RevocationReason.allCases)
    func `every reason has a sentence, and none tells what an administrator wrote`(reason: RevocationReason) throws {
        let user = UserID.generate(at: Self.now)
        let client = try #require(ClientID("rp"))
        let stream = EventStream(
            id: .generate(), client: client, audience: ["rp"], requested: nil, summary: nil, createdAt: Self.now)
        let event = SecurityEvent(
            sequence: 1, id: .generate(), kind: .sessionRevoked, subject: .user(user), at: Self.now,
            initiator: .system, reason: reason, transaction: "t")
        let claims = try StrictJSON.parseObject(event.claims(issuer: "https://id.example", stream: stream))
        let body = claims["events"]?.object?[SecurityEvent.Kind.sessionRevoked.uri]?.object
        #expect(body?["reason_admin"]?.object?["en"]?.string?.hasSuffix(".") == true)
    }

    @Test func `the actor is named in CAEP's four words`() throws {
        let ada = UserID.generate(at: Self.now)
        let bob = UserID.generate(at: Self.now)
        let client = try #require(ClientID("spa"))
        let table: [(Actor, RevocationReason?, SecurityEvent.Initiator)] = [
            (.operator, .admin, .admin), (.user(ada), .logout, .user), (.user(bob), .admin, .admin),
            (.client(client), .tokenRevoked, .user), (.client(client), .logout, .user),
            (.client(client), .admin, .admin), (.client(client), .userDisabled, .admin),
            (.system, .replay, .policy), (.system, .tooManySessions, .policy), (.system, .expired, .policy),
            (.system, .restored, .system), (.system, nil, .system),
        ]
        for (actor, reason, expected) in table {
            #expect(SecurityEvent.Initiator(actor, on: ada, reason: reason) == expected, "\(actor.text)")
        }
    }

    @Test func `a request comes to what is known of it, in our order`() {
        let kinds = SecurityEvent.Kind.requestable
        #expect(EventStream.delivered(of: nil) == kinds)
        #expect(EventStream.delivered(of: ["x:y"]) == [])
        #expect(EventStream.delivered(of: [kinds[1].uri, "x:y", kinds[0].uri]) == [kinds[0], kinds[1]])
        #expect(EventStream.delivered(of: [SecurityEvent.Kind.verification.uri]) == [])
    }

    @Test func `a stream's id has one form`() {
        let id = StreamID.generate().description
        #expect(StreamID(id)?.description == id)
        for text in ["", String(id.dropLast()), id + "0", id.uppercased() + "A", String(repeating: "g", count: 32)] {
            #expect(StreamID(text) == nil, "\(text)")
        }
    }
}
