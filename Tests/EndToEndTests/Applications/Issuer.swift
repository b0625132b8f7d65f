import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

typealias ClientKind = Client.Kind

/// A server that others reach by its name, with a user who signs in there.
struct Issuer: Sendable {
    let server: TestServer
    let url: String
    /// The PEM file of the authority that vouches for it; none when it speaks plain HTTP on loopback.
    let authority: String?
    /// `sub` of that user.
    let subject: String

    static let email = "ada@example.com"

    /// What a client is given when it is registered.
    struct Registration: Sendable {
        let id: String
        let secret: String?
    }

    /// Runs a server for the time of `body`.
    /// - Parameter tls: for software that takes no plain HTTP, or that needs cookies of other sites.
    static func with(
        tls: Bool = true, _ configuration: [String: String] = [:], _ body: @Sendable (Issuer) async throws -> Void
    ) async throws {
        let port = try ServerProcess.freePort()
        let url = "http\(tls ? "s" : "")://localhost:\(port)"
        var settings = ["listen": "127.0.0.1:\(port)", "issuer": url]
        let authority = tls ? try await PrivateAuthorityTests.Authority() : nil
        if let authority {
            let files = try await authority.issue("DNS:localhost")
            settings["tls.certificate"] = files.certificate
            settings["tls.private_key"] = files.key
        }
        try await withServer(settings.merging(configuration) { _, given in given }) { server in
            var profile = ProfileDraft()
            profile.email = .set(email)
            profile.emailVerified = true
            profile.displayName = .set("Ada Example")
            let user = try await server.services.users.create(
                name: "ada", password: Password(TestServer.password), roles: [], mustChange: false, profile: profile,
                actor: .operator)
            let issuer = Issuer(
                server: server, url: url, authority: authority?.certificate, subject: user.id.description)
            try await body(issuer)
            // The server has to see that clients of other processes have gone.
            try await eventually("they have gone") { server.services.feed.waiting == 0 }
        }
        withExtendedLifetime(authority) {}
    }

    /// A client whose application listens on `port` of loopback.
    func addClient(
        _ id: String, kind: ClientKind = .confidential, port: Int, callback: String, left: String? = nil,
        fill: @Sendable (inout ClientSettings) -> Void = { _ in }
    ) async throws -> Registration {
        var draft = ClientDraft(id: try #require(ClientID(id)), kind: kind)
        draft.settings.redirectURIs = ["http://127.0.0.1:\(port)\(callback)"]
        draft.settings.postLogoutRedirectURIs = left.map { ["http://127.0.0.1:\(port)\($0)"] } ?? []
        draft.settings.consent = .never
        fill(&draft.settings)
        let made = try await server.services.clients.create(draft, actor: .operator)
        return Registration(id: id, secret: made.secret?.text)
    }

    /// What an application is told about the server and its client.
    func environment(of client: Registration) -> [String: String] {
        var variables = [
            "ISSUER": url, "CLIENT_ID": client.id, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1",
            "NO_PROXY": "*", "HOME": server.folder.path,
        ]
        variables["CLIENT_SECRET"] = client.secret
        if let authority {
            for name in ["CA", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"] { variables[name] = authority }
        }
        return variables
    }

    /// A browser that nobody has used yet.
    func browser() -> Browser { Browser(authority: authority, folder: server.folder) }
}
