import Foundation
import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import Logging
import NIOCore
import TestSupport
import Testing
import latchkey

@testable import LatchkeyHTTP

/// Who gets through to a handler of each kind: every kind of route against every kind of caller.
struct GateTests {
    /// Whoever shows this and nothing else.
    private struct Caller: Sendable {
        let name: String
        var fields = HTTPFields()
        var isLocalOperator = false
        var form = ""

        static func bearer(_ name: String, _ token: String?) throws -> Caller {
            Caller(name: name, fields: [.authorization: "Bearer \(try #require(token, "\(name)"))"])
        }
    }

    /// The names of those who reach a handler of the kind.
    private func admitted(
        _ access: RouteAccess, of callers: [Caller], _ server: TestServer
    ) async -> Set<String> {
        let method: HTTPRequest.Method = access == .admin(.reads) ? .get : .post
        let route = Route.reached(method, "/x", access)
        let gates = HTTPAssembly.gates(server.services)
        let service = HTTPService(
            routes: RouteTable([route]), gates: gates, metrics: RequestMetrics(), now: { 0 },
            renderError: ErrorRenderer.render)
        var admitted: Set<String> = []
        for caller in callers {
            let source = RequestSource(
                logger: Logger(label: "test"), peer: nil, isTLS: false, isLocalOperator: caller.isLocalOperator)
            var fields = caller.fields
            if !caller.form.isEmpty {
                let isForm = caller.form.utf8.first != UInt8(ascii: "{")
                fields[.contentType] = isForm ? "application/x-www-form-urlencoded" : "application/json"
            }
            let prepared = service.prepare(
                method: method, target: "/x", fields: fields, body: ByteBuffer(string: caller.form), source: source)
            do {
                _ = try await gates.answer(route, prepared.request, prepared.context)
                admitted.insert(caller.name)
            } catch {
                #expect(error is Refusal, "\(access) \(caller.name): \(error)")
            }
        }
        return admitted
    }

    /// Tokens of every kind, a cookie, and what is none of these.
    private func callers(_ server: TestServer) async throws -> [Caller] {
        let origin = "https://app.example.com"
        try await server.addUser(roles: ["admin"])
        try await server.addClient(
            origins: [origin], scope: "openid latchkey:account latchkey:admin")
        let secret = try await server.addConfidentialClient(scope: "orders:read latchkey:events latchkey:admin")
        let basic = "Basic " + Data("service:\(secret)".utf8).base64EncodedString()
        func own(_ scope: String) async throws -> String? {
            try await server.http.post(
                "/oauth2/token", form: [("grant_type", "client_credentials"), ("scope", scope)],
                headers: [("Authorization", basic)])["access_token"]
        }
        let ended = try await server.login(scope: "latchkey:account")["access_token"]
        _ = try await server.http.authorised("POST", "/api/v1/logout", bearer: try #require(ended))
        let page = try await server.http.post(
            "/api/v1/login",
            json: [
                "username": "ada", "password": .string(TestServer.password), "client_id": "spa",
                "transport": "session",
            ], headers: [("Origin", origin), ("X-Latchkey-CSRF", "1")])
        let cookie = try #require(
            page[field: "Set-Cookie"]?.split(separator: ";").first.map(String.init), "\(page.text)")
        return [
            Caller(name: "stranger"), Caller(name: "operator", isLocalOperator: true),
            try .bearer("nonsense", "x"), try .bearer("ended", ended),
            try .bearer("user", try await server.login(scope: "openid")["access_token"]),
            try .bearer("account", try await server.login(scope: "latchkey:account")["access_token"]),
            try .bearer("administrator", try await server.login(scope: "latchkey:admin")["access_token"]),
            try .bearer("service", try await own("orders:read")),
            try .bearer("receiver", try await own("latchkey:events")),
            try .bearer("administrating service", try await own("latchkey:admin")),
            Caller(name: "basic", fields: [.authorization: basic]),
            Caller(name: "cookie", fields: [.cookie: cookie]),
            Caller(name: "foreign cookie", fields: [.cookie: cookie.replacing("=lks_", with: "=lks_A")]),
        ]
    }

    @Test func `each kind of route is reached only by the callers that it names`() async throws {
        try await withServer(["revocations.access": "clients"]) { server in
            let callers = try await callers(server)
            let live: Set<String> = [
                "user", "account", "administrator", "service", "receiver", "administrating service",
            ]
            let services: Set<String> = ["service", "receiver", "administrating service", "basic"]
            let administrators: Set<String> = ["operator", "administrator", "administrating service"]
            let expected: [(RouteAccess, Set<String>)] = [
                (.open, Set(callers.map(\.name))), (.bearer, live), (.account, ["account"]), (.userInfo, ["user"]),
                (.receiver, ["receiver"]), (.admin(.reads), administrators), (.admin(.changes), administrators),
                (.operator, ["operator"]), (.session, ["cookie"]), (.begunSignIn, []), (.listReader, services),
                // What these show stands in the body.
                (.client, []), (.application, []), (.firstParty, []),
            ]
            for (access, names) in expected {
                // Basic names a client, whatever the body is.
                let callers =
                    [.client, .application, .firstParty].contains(access)
                    ? callers.filter { $0.name != "basic" } : callers
                #expect(await admitted(access, of: callers, server) == names, "\(access)")
            }
        }
    }

    @Test func `a body names its client, and a secret proves it where there is one`() async throws {
        try await withServer { server in
            try await server.addClient("spa")
            try await server.addClient("tool", firstParty: false)
            try await server.addClient("gone")
            _ = try await server.services.clients.setDisabled(
                try #require(ClientID("gone")), true, actor: .operator)
            let secret = try await server.addConfidentialClient()
            func callers(_ body: (_ id: String?, _ secret: String?) -> String) -> [Caller] {
                [
                    Caller(name: "nobody", form: body(nil, nil)), Caller(name: "spa", form: body("spa", nil)),
                    Caller(name: "spa with a secret", form: body("spa", "x")),
                    Caller(name: "tool", form: body("tool", nil)), Caller(name: "unknown", form: body("other", nil)),
                    Caller(name: "disabled", form: body("gone", nil)),
                    Caller(name: "service", form: body("service", secret)),
                    Caller(name: "service without secret", form: body("service", nil)),
                    Caller(name: "service with another", form: body("service", secret + "x")),
                ]
            }
            let forms = callers { id, secret in
                (id.map { "client_id=\($0)" } ?? "x=1") + (secret.map { "&client_secret=\($0)" } ?? "")
            }
            let bodies = callers { id, secret in
                let members = [id.map { #""client_id":"\#($0)""# }, secret.map { #""client_secret":"\#($0)""# }]
                return "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
            }
            #expect(await admitted(.client, of: forms, server) == ["spa", "tool", "service"])
            #expect(await admitted(.client, of: bodies, server) == [])
            #expect(await admitted(.application, of: bodies, server) == ["spa", "tool", "service"])
            #expect(await admitted(.application, of: forms, server) == [])
            #expect(await admitted(.firstParty, of: bodies, server) == ["spa"])
        }
    }

    /// All that a stranger gets an answer from. A route is added here by whoever means it to be open.
    private static let open: Set<String> = [
        "getMetadata", "getOpenIDConfiguration", "getTransmitterMetadata", "getKeySet", "logOut", "startSignIn",
        "getLiveness",
        "getReadiness", "getMetrics", "getOpenAPI",
    ]

    @Test func `no route is open but those that are listed, and administration reads by GET alone`() async throws {
        try await withServer(["shared_signals.enabled": "true", "status_list.enabled": "true"]) { server in
            // Pages are for people; their tests are elsewhere.
            let routes = server.program.http.operatorService.routes.routes.filter { $0.errorFormat != .page }
            #expect(Set(routes.filter { $0.access == .open }.map(\.operationID)) == Self.open)
            for route in routes {
                let isAdmin = route.template.hasPrefix("/api/v1/admin/")
                let use: RouteAccess.AdminUse = route.method == .get ? .reads : .changes
                #expect((route.access == .admin(use)) == isAdmin, "\(route.operationID)")
            }
        }
    }

    @Test func `where a token is required, a bad one is reported before anything else`() async throws {
        try await withServer(["shared_signals.enabled": "true"]) { server in
            let routes = server.program.http.publicService.routes.routes
            let gated = routes.filter { route in
                switch route.access {
                case .bearer, .account, .receiver, .admin: true
                default: false
                }
            }
            #expect(gated.count > 40)
            for route in gated {
                let path = route.template.replacing(/\{[^}]*\}/, with: "x") + "?unknown=1"
                let answer = try await server.http.authorised(route.method.rawValue, path, bearer: "x")
                #expect(answer.status == 401, "\(route.operationID)")
                #expect(answer["code"] == "invalid_token", "\(route.operationID)")
            }
        }
    }
}
