import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens
import Testing

struct TokenRequestTests {
    private func request(_ form: String) throws(Refusal) -> TokenRequest {
        try TokenRequest(RequestParameters(form.utf8, repeatable: ["resource"]))
    }

    @Test(arguments: [
        ("", Refusal.Code.invalidRequest),
        ("grant_type=", .invalidRequest),
        ("grant_type=password&username=a&password=b", .unsupportedGrantType),
        ("grant_type=authorization_code&code=x", .unsupportedGrantType),
        ("grant_type=implicit", .unsupportedGrantType),
        ("grant_type=Refresh_Token&refresh_token=x", .unsupportedGrantType),
        ("grant_type=refresh_token", .invalidRequest),
        ("grant_type=refresh_token&refresh_token=", .invalidRequest),
        ("grant_type=refresh_token&refresh_token=x&scope=a%20%20b", .invalidScope),
        ("grant_type=client_credentials&scope=%22", .invalidScope),
        ("grant_type=client_credentials&scope=a&scope=b", .invalidRequest),
        ("grant_type=client_credentials&grant_type=client_credentials", .invalidRequest),
    ])
    func `what is no request for an existing grant is refused`(form: String, code: Refusal.Code) {
        let error = #expect(throws: Refusal.self) { try request(form) }
        #expect(error?.code == code)
    }

    @Test func `an empty scope counts as absent, unknown parameters do not count, resource may repeat`() throws {
        let form = "grant_type=refresh_token&refresh_token=x&scope=&resource=a&resource=b&audience=c"
        #expect(try request(form) == .refreshToken(token: "x", scope: nil, resources: ["a", "b"]))
        #expect(
            try request("grant_type=client_credentials&scope=a+b")
                == .clientCredentials(scope: Scope("a b"), resources: []))
    }

    @Test func `a resource must be among the audiences that the token has anyway`() throws {
        let audience = ["https://api.example.com", "https://files.example.com"]
        try ResourceIndicator.check([], within: audience)
        try ResourceIndicator.check(["https://files.example.com"], within: audience)
        for resources in [["https://api.example.com/"], ["https://api.example.com", "https://evil.test"], [""]] {
            let error = #expect(throws: Refusal.self) { try ResourceIndicator.check(resources, within: audience) }
            #expect(error?.code == .invalidTarget)
        }
    }
}
