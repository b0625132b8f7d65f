import LatchkeyTokens
import LatchkeyVerifier
import TestSupport
import Testing

/// Asking the server about a token: only a clear yes about this token counts.
struct IntrospectionTests {
    private static let path = "/oauth2/introspect"
    private let clock = TestClock()

    private func server(
        _ issuer: TestIssuer, _ answer: @escaping @Sendable (HostileServer.Call) -> HostileServer.Reply
    ) async throws -> HostileServer {
        let keys = try issuer.keySet()
        return try await HostileServer { [clock] call, _ in
            switch call.path {
            case Self.path: answer(call)
            case "/revocations": .ok(document(now: clock.now).encode())
            default: .ok(keys)
            }
        }
    }

    private static func configured(_ configuration: inout TokenVerifier.Configuration) {
        configuration.credentials = .client(id: "orders", secret: "s3cret")
        configuration.limits.requestTimeout = .seconds(600)
    }

    private static func tokenID(_ token: String) throws -> String {
        try UnverifiedToken(parsing: token).unverifiedClaims().tokenID.description
    }

    @Test func `an active token is accepted, and the client authenticated`() async throws {
        let issuer = try TestIssuer()
        let token = try issuer.token(at: clock.now)
        let answer = Array("{\"active\":true,\"jti\":\"\(try Self.tokenID(token))\"}".utf8)
        let server = try await server(issuer) { _ in .ok(answer) }
        try await withVerifier(server, clock: clock, Self.configured) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            #expect(throws: Never.self) { try verifier.verifyNow(token, policy: .introspectWhenNotFresh) }
            #expect(server.calls(Self.path).isEmpty, "a fresh list is enough")
            await #expect(throws: Never.self) { try await verifier.verify(token, policy: .introspectAlways) }
            let call = try #require(server.calls(Self.path).first)
            #expect(call.method == "POST")
            #expect(call.head.contains("authorization: basic b3jkzxjzonmzy3jlda=="))
            #expect(call.body.hasPrefix("token=\(token)&"))
        }
    }

    struct Answer: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let refusal: VerificationError
        let reply: HostileServer.Reply
    }

    static let answers: [Answer] = [
        Answer(testDescription: "inactive", refusal: .inactive, reply: .ok(Array(#"{"active":false}"#.utf8))),
        Answer(
            testDescription: "about another token", refusal: .introspectionFailed,
            reply: .ok(Array(#"{"active":true,"jti":"AAAAAAAAAAAAAAAAAAAAAA"}"#.utf8))),
        Answer(
            testDescription: "about no token in particular", refusal: .introspectionFailed,
            reply: .ok(Array(#"{"active":true}"#.utf8))),
        Answer(
            testDescription: "true as text", refusal: .introspectionFailed,
            reply: .ok(Array(#"{"active":"true"}"#.utf8))),
        Answer(testDescription: "HTML", refusal: .introspectionFailed, reply: .ok(Array("<p>".utf8), "text/html")),
        Answer(testDescription: "401", refusal: .introspectionFailed, reply: .status("401 Unauthorized")),
        Answer(testDescription: "503", refusal: .introspectionFailed, reply: .status("503 Down")),
        Answer(testDescription: "nothing", refusal: .introspectionFailed, reply: .hang),
        Answer(
            testDescription: "a redirect", refusal: .introspectionFailed,
            reply: .status("302 Found", [], "Location: http://127.0.0.1:1/\r\n")),
    ]

    @Test(arguments: answers) func `everything else is a refusal`(answer: Answer) async throws {
        let issuer = try TestIssuer()
        let token = try issuer.token(at: clock.now)
        let server = try await server(issuer) { _ in answer.reply }
        let configure: (inout TokenVerifier.Configuration) -> Void = {
            Self.configured(&$0)
            // Only what never comes is not waited for.
            if answer.testDescription == "nothing" { $0.limits.requestTimeout = .seconds(5) }
        }
        try await withVerifier(server, clock: clock, configure) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            await #expect(throws: answer.refusal) { try await verifier.verify(token, policy: .introspectAlways) }
        }
    }

    @Test func `without client credentials the server is not asked, and a synchronous call refuses`() async throws {
        let issuer = try TestIssuer()
        let token = try issuer.token(at: clock.now)
        let server = try await server(issuer) { _ in .ok(Array(#"{"active":true}"#.utf8)) }
        try await withVerifier(server, clock: clock) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            await #expect(throws: VerificationError.introspectionFailed) {
                try await verifier.verify(token, policy: .introspectAlways)
            }
            #expect(throws: VerificationError.introspectionFailed) {
                try verifier.verifyNow(token, policy: .introspectAlways)
            }
            #expect(server.calls(Self.path).isEmpty)
        }
    }

    @Test func `credentials print no secret`() {
        let credentials = ServiceCredentials.client(id: "orders", secret: "s3cret")
        #expect(!"\(credentials) \(String(reflecting: credentials))".contains("s3cret"))
    }
}
