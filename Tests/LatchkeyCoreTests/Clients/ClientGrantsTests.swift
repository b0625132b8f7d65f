import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct ClientGrantsTests {
    private static let trial = Client.Grant("urn:example:trial", kinds: [.public, .confidential], byDefaultFor: [])
    private let all = Client.Grant.all + [trial]

    /// The list is written out on purpose: who adds a grant here decides about the clients of tomorrow.
    @Test func `each kind of client has by default what is written here, and nothing else`() {
        #expect(Client.Grant.all.map(\.name) == ["authorization_code", "refresh_token", "client_credentials"])
        #expect(Client.Grant.defaults(for: .public).map(\.name) == ["authorization_code", "refresh_token"])
        #expect(
            Client.Grant.defaults(for: .confidential).map(\.name) == [
                "authorization_code", "refresh_token", "client_credentials",
            ])
    }

    @Test(arguments: Client.Kind.allCases)
    func `a grant that is added to the list reaches no new client by itself`(kind: Client.Kind) throws {
        let before = ClientSettings(defaultsFor: kind)
        let settings = ClientSettings(defaultsFor: kind, among: all)
        #expect(settings == before)
        #expect(!settings.grants.contains(Self.trial))
        #expect(try ClientDraft(id: #require(ClientID("app")), kind: kind).settings == before)
    }

    @Test(arguments: ["{}", #"{"grants":[]}"#, #"{"grants":null}"#, #"{"grants":["refresh_token"]}"#])
    func `a client that is stored has the grants that are written out, and none where none are`(text: String) throws {
        let settings = try ClientSettings(stored: Array(text.utf8))
        #expect(settings.grants == (text.contains("refresh_token") ? [.refreshToken] : []))
    }

    @Test func `a grant is found by exactly its name`() {
        #expect(Client.Grant.named("urn:example:trial", among: all) == Self.trial)
        #expect(Client.Grant.named("urn:example:trial") == nil)
        for name in ["", "Refresh_Token", "refresh_token ", "refresh_toke\u{6E}\u{301}", "password", "implicit"] {
            #expect(Client.Grant.named(name) == nil)
        }
    }
}
