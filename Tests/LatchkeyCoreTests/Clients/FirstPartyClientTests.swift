import LatchkeyCore
import LatchkeyTokens
import Testing

struct FirstPartyClientTests {
    private static let origin = ["https://app.example.com"]

    private func client(_ kind: Client.Kind, firstParty: Bool, origins: [String]) throws -> Client {
        Client(
            id: try #require(ClientID("app")), kind: kind,
            settings: ClientSettings {
                $0.firstParty = firstParty
                $0.origins = origins
                $0.grants = [.refreshToken]
            },
            createdAt: Timestamp(seconds: 0))
    }

    @Test func `a client that is not of the house collects no passwords`() throws {
        for kind in [Client.Kind.public, .confidential] {
            let other = try client(kind, firstParty: false, origins: Self.origin)
            let refusal = #expect(throws: Refusal.self) { try FirstPartyClient(other) }
            #expect(refusal?.code == .unauthorizedClient)
        }
    }

    @Test func `a session begins only on a transport that its client may use`() throws {
        let table: [(Client.Kind, [String], [Session.Transport])] = [
            (.public, Self.origin, [.body, .cookie, .session]), (.public, [], [.body]),
            (.confidential, Self.origin, [.body, .session]), (.confidential, [], [.body]),
        ]
        for (kind, origins, allowed) in table {
            let own = try FirstPartyClient(try client(kind, firstParty: true, origins: origins))
            for transport in Session.Transport.allCases {
                if allowed.contains(transport) {
                    #expect(try own.on(transport).transport == transport)
                } else {
                    let refusal = #expect(throws: Refusal.self) { try own.on(transport) }
                    #expect(refusal?.code == .unauthorizedClient, "\(kind) \(origins) \(transport)")
                }
            }
        }
    }
}
