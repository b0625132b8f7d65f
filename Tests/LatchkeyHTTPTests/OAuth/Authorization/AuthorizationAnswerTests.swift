import LatchkeyCore
import LatchkeyTokens
import Testing

@testable import LatchkeyHTTP

struct AuthorizationAnswerTests {
    private static let issuer = "https://auth.example.com/a"

    private func answer(
        _ uri: String, _ outcome: AuthorizationAnswer.Outcome, state: String? = nil,
        mode: AuthorizationRequest.ResponseMode = .query
    ) throws -> AuthorizationAnswer {
        let client = Client(
            id: try #require(ClientID("app")), kind: .public, settings: ClientSettings(),
            createdAt: Timestamp(seconds: 1))
        var request = AuthorizationRequest(client: client, redirectURI: uri)
        request.state = state
        request.responseMode = mode
        return AuthorizationAnswer(to: request, outcome, issuer: Self.issuer)
    }

    @Test(arguments: [
        ("https://a.example/cb", "https://a.example/cb?"), ("https://a.example/cb?", "https://a.example/cb?"),
        ("https://a.example/cb?x=%2F&y", "https://a.example/cb?x=%2F&y&"),
        ("https://a.example/cb?x=1&", "https://a.example/cb?x=1&"), ("http://127.0.0.1:4711", "http://127.0.0.1:4711?"),
        ("com.example.app:/cb", "com.example.app:/cb?"), ("com.example.app:/cb?code=x", "com.example.app:/cb?code=x&"),
    ])
    func `a registered query stays, and the answer follows it`(uri: String, begin: String) throws {
        let location = try answer(uri, .code("c-_1"), state: "s").location
        #expect(location == begin + "code=c-_1&state=s&iss=https%3A%2F%2Fauth.example.com%2Fa")
    }

    @Test func `nothing in a state or a description can end the query or begin another parameter`() throws {
        let state = "a&code=evil#x\r\nSet-Cookie: \u{E9}+%2B=\"<"
        let location = try answer("https://a.example/cb", .code("c"), state: state).location
        #expect(
            location
                == "https://a.example/cb?code=c&state=a%26code%3Devil%23x%0D%0ASet-Cookie%3A%20%C3%A9%2B%252B%3D%22%3C"
                + "&iss=https%3A%2F%2Fauth.example.com%2Fa")
    }

    @Test func `an error has its code and sentence, state only when it was sent, and always the issuer`() throws {
        let error = AuthorizationError(.accessDenied, "No.")
        for mode in AuthorizationRequest.ResponseMode.allCases {
            let with = try answer("https://a.example/cb", .error(error), state: "", mode: mode)
            #expect(with.mode == mode)
            #expect(with.parameters.map(\.name) == ["error", "error_description", "state", "iss"])
            #expect(with.parameters.map(\.value) == ["access_denied", "No.", "", Self.issuer])
            let without = try answer("https://a.example/cb", .error(error), mode: mode)
            #expect(without.parameters.map(\.name) == ["error", "error_description", "iss"])
        }
        #expect(try answer("https://a.example/cb", .code("c")).parameters.map(\.name) == ["code", "iss"])
    }

    @Test func `error codes are as they are registered`() {
        #expect(
            AuthorizationError.Code.allCases.map(\.rawValue) == [
                "invalid_request", "unauthorized_client", "access_denied", "unsupported_response_type",
                "invalid_scope", "temporarily_unavailable", "interaction_required", "login_required",
                "consent_required", "request_not_supported", "request_uri_not_supported", "invalid_target",
                "unmet_authentication_requirements",
            ])
    }
}
