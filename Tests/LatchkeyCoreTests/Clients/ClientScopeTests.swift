import LatchkeyCore
import LatchkeyTokens
import Testing

struct ClientScopeTests {
    private static let issuer = "https://auth.example.com"
    private static let api = ["https://auth.example.com/api/v1"]
    private static let service = ["https://api.example.com"]
    private let settings = Settings(issuer: issuer)

    private func client(_ scope: String? = nil, audiences: [String] = service) throws -> Client {
        Client(
            id: try #require(ClientID("app")), kind: .confidential,
            settings: try ClientSettings {
                $0.audiences = audiences
                $0.scope = try scope.map { try #require(Scope($0)) }
            }, createdAt: Timestamp(seconds: 1))
    }

    private func user(_ roles: [String] = []) -> User {
        let now = Timestamp(seconds: 1)
        return User(
            id: .generate(at: now), name: "a", normalisedName: "a", roles: roles, disabled: false,
            mustChangePassword: false, createdAt: now)
    }

    private let refused = Refusal(.invalidScope, "")

    @Test(
        arguments: [
            // (client's list, asked, roles)
            (nil, "openid api.read", ["admin"]),
            (nil, "openid offline_access", []),
            (nil, "openid phone", []),
            (nil, "latchkey:admin", ["admin"]),
            ("api.read", "openid", []),
            ("api.read", "latchkey:account", []),
            ("api.read", "API.READ", []),
            ("api.read latchkey:admin", "latchkey:admin", []),
            ("api.read latchkey:admin", "latchkey:admin", ["Admin", "administrator"]),
            ("api.read latchkey:admin", "api.read latchkey:admin", ["editor"]),
            ("api.read latchkey:root", "latchkey:root", ["admin"]),
            ("api.read latchkey:events", "latchkey:events", ["admin"]),
            ("api.read latchkey:events", "api.read latchkey:events", ["admin"]),
            ("latchkey:account", nil, []),
            ("latchkey:account latchkey:admin", "", ["admin"]),
        ] as [(String?, String?, [String])])
    func `a session is not granted what client, request or role lack`(
        list: String?, asked: String?, roles: [String]
    ) throws {
        let client = try client(list)
        let requested = try asked.map { try #require(Scope($0)) }
        #expect(throws: refused) { try client.grantedScope(requested: requested, user: user(roles)) }
    }

    @Test(
        arguments: [
            (nil, nil, [], "openid profile email"),
            (nil, "", [], "openid profile email"),
            (nil, "latchkey:account", [], "latchkey:account"),
            (nil, "email latchkey:account openid", [], "email latchkey:account openid"),
            ("api.read latchkey:admin", nil, ["admin"], "api.read"),
            ("api.read latchkey:admin", "latchkey:admin", ["admin"], "latchkey:admin"),
            ("api.read latchkey:admin", "api.read latchkey:admin", ["x", "admin"], "api.read latchkey:admin"),
        ] as [(String?, String?, [String], String)])
    func `a session is granted what was asked for, or the list without our own scopes`(
        list: String?, asked: String?, roles: [String], granted: String
    ) throws {
        let requested = try asked.map { try #require(Scope($0)) }
        #expect(try client(list).grantedScope(requested: requested, user: user(roles)).description == granted)
    }

    @Test(
        arguments: [
            // (held by the session, asked, roles now)
            ("openid", "email", []),
            ("openid", "latchkey:account", []),
            ("openid latchkey:account", "openid latchkey:account email", []),
            ("openid latchkey:admin", "latchkey:admin", []),
            ("latchkey:admin", nil, []),
            // The client's list does not have it any more.
            ("api.write", nil, []),
            ("openid api.write", "api.write", []),
        ] as [(String, String?, [String])])
    func `a token is refused that would carry more than session, client and role give now`(
        held: String, asked: String?, roles: [String]
    ) throws {
        let client = try client("openid email api.read latchkey:account latchkey:admin")
        let requested = try asked.map { try #require(Scope($0)) }
        let held = try #require(Scope(held))
        #expect(throws: refused) {
            try client.tokenGrant(held: held, requested: requested, user: user(roles), settings: settings)
        }
    }

    @Test(
        arguments: [
            ("openid latchkey:account", nil, [], "openid", service),
            ("openid latchkey:account", "openid latchkey:account", [], "openid", service),
            ("openid latchkey:account", "latchkey:account", [], "latchkey:account", api),
            ("openid email", "email", [], "email", service),
            ("latchkey:account", nil, [], "latchkey:account", api),
            ("latchkey:account latchkey:admin", nil, ["admin"], "latchkey:account latchkey:admin", api),
            // The role is gone: what is left is given, when nothing was asked for by name.
            ("latchkey:account latchkey:admin", nil, [], "latchkey:account", api),
            ("openid latchkey:admin", nil, [], "openid", service),
            ("openid latchkey:admin", "latchkey:admin", ["admin"], "latchkey:admin", api),
        ] as [(String, String?, [String], String, [String])])
    func `a token carries the services' scopes or ours, and never both`(
        held: String, asked: String?, roles: [String], scope: String, audience: [String]
    ) throws {
        let client = try client("openid email latchkey:account latchkey:admin")
        let requested = try asked.map { try #require(Scope($0)) }
        let grant = try client.tokenGrant(
            held: try #require(Scope(held)), requested: requested, user: user(roles), settings: settings)
        #expect(grant.scope.description == scope)
        #expect(grant.audience == audience)
    }

    @Test(
        arguments: [
            ("openid latchkey:account", nil, [], "latchkey:account"),
            ("openid latchkey:account", "openid latchkey:account", [], "latchkey:account"),
            ("openid latchkey:account latchkey:admin", nil, ["admin"], "latchkey:account latchkey:admin"),
            // Named by neither request nor session, lost since, or in the token already.
            ("openid latchkey:account", "openid", [], ""), ("openid latchkey:admin", nil, [], ""),
            ("openid latchkey:account", "latchkey:account", [], ""), ("latchkey:account", nil, [], ""),
            ("openid", nil, [], ""),
        ] as [(String, String?, [String], String)])
    func `what was wanted and stands in a token of its own is told`(
        held: String, asked: String?, roles: [String], separate: String
    ) throws {
        let client = try client("openid email latchkey:account latchkey:admin")
        let requested = try asked.map { try #require(Scope($0)) }
        let grant = try client.tokenGrant(
            held: try #require(Scope(held)), requested: requested, user: user(roles), settings: settings)
        #expect(grant.separate.description == separate)
    }

    @Test func `no combination of lists, requests and roles mixes the two kinds in one token`() throws {
        let tokens = ["openid", "api.read", "latchkey:account", "latchkey:admin"]
        let subsets = try (0..<16).map { bits in
            try #require(Scope(tokens: tokens.enumerated().filter { bits >> $0.offset & 1 == 1 }.map(\.element)))
        }
        for list in subsets where !list.isEmpty {
            for requested in subsets {
                for holder in [user(["admin"]), user(), nil] {
                    let client = try client(list.description)
                    guard let held = try? client.grantedScope(requested: requested, user: holder),
                        let grant = try? client.tokenGrant(held: held, user: holder, settings: settings)
                    else { continue }
                    let own = grant.scope.tokens.count { $0.hasPrefix("latchkey:") }
                    #expect(own == 0 || own == grant.scope.tokens.count)
                    #expect(grant.audience == (own == 0 ? Self.service : Self.api))
                    #expect(grant.scope.isSubset(of: list))
                    if grant.scope.contains("latchkey:admin") { #expect(holder.map { $0.roles == ["admin"] } ?? true) }
                    if grant.scope.contains("latchkey:account") { #expect(holder != nil) }
                }
            }
        }
    }

    @Test func `a client's own token has no account, and admin only when listed and asked for`() throws {
        let listed = try client("api.read latchkey:account latchkey:admin")
        #expect(throws: refused) {
            try listed.grantedScope(requested: Scope("latchkey:account"), user: nil)
        }
        #expect(throws: refused) { try client().grantedScope(requested: Scope("latchkey:admin"), user: nil) }
        #expect(try listed.grantedScope(requested: nil, user: nil).description == "api.read")
        let held = try listed.grantedScope(requested: Scope("latchkey:admin"), user: nil)
        #expect(try listed.tokenGrant(held: held, user: nil, settings: settings).audience == Self.api)
    }

    @Test func `a client without audience gets the configured one, by default the issuer`() throws {
        let client = try client("api.read", audiences: [])
        var settings = settings
        #expect(client.tokenAudience(settings: settings) == [Self.issuer])
        settings.tokens.audience = "https://services.example.com"
        #expect(client.tokenAudience(settings: settings) == ["https://services.example.com"])
    }

    @Test func `a client's own token for events has that audience alone, beside scopes for services it has none`()
        throws
    {
        let client = try client("api.read latchkey:events")
        let table: [(String?, String, [String])] = [
            (nil, "api.read", Self.service), ("latchkey:events", "latchkey:events", Self.api),
            ("api.read latchkey:events", "api.read", Self.service),
        ]
        for (asked, scope, audience) in table {
            let requested = try asked.map { try #require(Scope($0)) }
            let held = try client.grantedScope(requested: requested, user: nil)
            let grant = try client.tokenGrant(held: held, user: nil, settings: settings)
            #expect(grant.scope.description == scope, "\(asked ?? "-")")
            #expect(grant.audience == audience)
        }
    }
}
