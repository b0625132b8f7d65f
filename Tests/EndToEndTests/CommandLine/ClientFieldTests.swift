import Foundation
import LatchkeyCore
import LatchkeySQLite
import LatchkeyTokens
import Logging
import TestSupport
import Testing

/// Clients' fields on the command line, and ids that are the server's own.
struct ClientFieldTests {
    @Test(arguments: ["add", "update"])
    func `every field has an option, and its help says what the field means`(command: String) async throws {
        let fixture = try CommandLineFixture()
        let help = try await fixture.run(["client", command, "--help"])
        let words = help.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for field in ClientSettings.fields {
            #expect(words.contains("--\(field.option)"), "\(field.name)")
            #expect(words.contains(field.meaning), "\(field.name)")
        }
    }

    @Test func `every field is set by its option, shown under its title, and taken away again`() async throws {
        let fixture = try CommandLineFixture()
        let given: [(option: String, value: [String], title: String, shown: String, empty: String?)] = [
            ("first-party", [], "first party", "yes", nil),
            ("origin", ["https://a.example"], "origins", "https://a.example", "none"),
            ("redirect-uri", ["https://a.example/cb"], "redirect URIs", "https://a.example/cb", "none"),
            ("login-uri", ["https://a.example/in"], "login URI", "https://a.example/in", "none"),
            ("audience", ["none"], "audiences", "none", nil),
            ("audience", ["api"], "audiences", "none, api", "none"),
            ("scope", ["openid"], "scope", "openid", nil), ("scope", ["email"], "scope", "openid email", "default"),
            ("grant", ["client_credentials"], "grants", "client_credentials", nil),
            ("grant", ["refresh_token"], "grants", "refresh_token, client_credentials", "none"),
            ("algorithm", ["EdDSA"], "algorithm", "EdDSA", "default"),
            ("access-ttl", ["2m"], "access ttl", "2m", "default"),
            ("idle-ttl", ["2h"], "idle ttl", "2h", "default"),
            ("absolute-ttl", ["2d"], "absolute ttl", "2d", "default"),
            ("consent", ["never"], "consent", "never", "ask"), ("pkce", ["optional"], "PKCE", "optional", "required"),
            (
                "post-logout-redirect-uri", ["https://a.example/out"], "post-logout redirect URIs",
                "https://a.example/out", "none"
            ),
            ("id-token-algorithm", ["EdDSA"], "ID token algorithm", "EdDSA", "default"),
            ("id-token-claims", [], "claims in ID token", "yes", nil),
            ("access-token-typ", ["JWT"], "access token typ", "JWT", "at+jwt"),
            ("essential-acr", [], "essential acr", "yes", nil),
            ("name", ["Our orders"], "name", "Our orders", "default"),
            ("client-uri", ["https://a.example/"], "client URI", "https://a.example/", "none"),
            ("policy-uri", ["https://a.example/policy"], "policy URI", "https://a.example/policy", "none"),
            ("tos-uri", ["https://a.example/terms"], "terms URI", "https://a.example/terms", "none"),
        ]
        #expect(Set(given.map(\.option)) == Set(ClientSettings.fields.map(\.option)), "add what is new")
        let options = given.flatMap { ["--\($0.option)"] + $0.value }
        let place = ["--data-dir", fixture.folder.path]
        let added = try await fixture.run(["client", "add", "app", "--confidential"] + options + place)
        #expect(added.code == 0, "\(added.error)")
        for (_, _, title, shown, _) in Dictionary(grouping: given, by: \.title).compactMap(\.value.last) {
            #expect(added[title] == shown, "\(title)")
        }
        let empty = given.flatMap { field in field.empty.map { ["--\(field.option)", $0] } ?? [] }
        let flags = ClientSettings.fields.filter { $0.form == .flag }.map { "--no-\($0.option)" }
        let changed = try await fixture.run(["client", "update", "app"] + flags + empty + place)
        #expect(changed.code == 0, "\(changed.error)")
        for field in ClientSettings.fields {
            let unset = field.form == .flag ? "no" : field.unset.isEmpty ? "-" : field.unset
            #expect(changed[field.title] == unset, "\(field.name)")
        }
        let json = try await fixture.run("client", "show", "app", "--format", "json")
        let members = try StrictJSON.parseObject(Array(json.output.utf8)).members.map(\.name)
        #expect(
            members == [
                "access_token_typ", "audiences", "consent", "created_at", "disabled", "essential_acr", "first_party",
                "grants", "id", "id_token_claims", "kind", "origins", "pkce", "post_logout_redirect_uris",
                "redirect_uris",
            ])
    }

    @Test(.onSQLite)
    func `a reserved id is refused, and an older one is reported to the operator without stopping anything`()
        async throws
    {
        let fixture = try CommandLineFixture()
        let refused = try await fixture.run("client", "add", "Latchkey-Console", "--public")
        #expect(refused.code == 1)
        #expect(refused.error.contains("choose another id"))
        #expect(try await fixture.run("client", "add", "web", "--public").code == 0)
        let quiet = try await fixture.run("db", "check")
        #expect(quiet.code == 0 && !(quiet.output + quiet.error).contains("reserved"))
        try await addReserved("LatchKey-web", fixture)
        for command in ["check", "migrate"] {
            let told = try await fixture.run("db", command)
            #expect(told.code == 0)
            #expect(told.error.contains("Warning: The client LatchKey-web has an id that is reserved"), "\(command)")
            #expect(told.error.contains("then delete LatchKey-web"))
        }
        // It works as ever, and goes away like any other.
        #expect(try await fixture.run("client", "show", "LatchKey-web")["state"] == "active")
        #expect(try await fixture.run("client", "update", "LatchKey-web", "--access-ttl", "2m").code == 0)
        let server = try await ServerProcess(folder: fixture.folder, port: try ServerProcess.freePort())
        #expect(try await server.terminate() == 0)
        #expect(
            try String(contentsOfFile: server.logPath, encoding: .utf8).contains("The client LatchKey-web has an id"))
        #expect(try await fixture.run("client", "delete", "LatchKey-web", "--yes").code == 0)
        #expect(try await !fixture.run("db", "check").error.contains("reserved"))
    }

    /// As before such ids were reserved: past the rules of a new client.
    private func addReserved(_ id: String, _ fixture: CommandLineFixture) async throws {
        let store = try SQLiteStore.open(
            SQLiteStore.Settings(dataDirectory: fixture.folder.path), clock: .wall, observer: Nobody(),
            logger: Logger(label: "test"))
        let now = Timestamp.wallClock
        try await store.createClient(
            Client(
                id: try #require(ClientID(id)), kind: .public, settings: ClientSettings(defaultsFor: .public),
                createdAt: now), secret: nil, event: AuditEvent(.clientCreated, at: now, actor: .operator))
        await store.shutdown()
    }

    private struct Nobody: StoreObserver {
        func committed(_ records: [RevocationRecord]) {}
    }
}
