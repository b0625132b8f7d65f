import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct AppRedirectTests {
    private func needsClick(
        _ uri: String, _ kind: Client.Kind = .public, origins: [String] = [],
        issuer: String = "https://auth.example.com"
    ) throws -> Bool {
        let client = Client(
            id: try #require(ClientID("app")), kind: kind, settings: ClientSettings { $0.origins = origins },
            createdAt: Timestamp(seconds: 1))
        return AppRedirect.needsClick(uri, client: client, issuer: issuer)
    }

    @Test(arguments: [
        "com.example.app:/cb", "com.example.app://cb", "http://127.0.0.1:4711/cb", "http://127.0.0.1",
        "http://[::1]/cb",
        "http://localhost:3000/cb", "http://app.localhost/cb", "http://127.9.9.9/cb", "", "no URI",
    ])
    func `a program on the user's machine needs a click`(uri: String) throws {
        #expect(try needsClick(uri))
    }

    @Test func `a web page does not, whatever its client`() throws {
        for kind in Client.Kind.allCases {
            #expect(try !needsClick("https://app.example.com/cb", kind))
            #expect(try !needsClick("https://localhost/cb", kind, issuer: "http://localhost:8080"))
        }
    }

    @Test func `a confidential client's loopback URI does not: the code is of no use without the secret`() throws {
        #expect(try !needsClick("http://127.0.0.1:4711/cb", .confidential))
        #expect(try !needsClick("http://localhost/cb", .confidential))
    }

    private static let origins = ["http://localhost:5173", "http://127.0.0.1", "http://[::1]:3000"]

    @Test(arguments: [
        "http://localhost:5173/cb", "http://localhost:5173", "http://localhost:5173/?x=1", "http://127.0.0.1/cb",
        "http://127.0.0.1:80/cb", "http://[::1]:3000/cb",
    ])
    func `in development a page of a registered origin does not, and only in development`(uri: String) throws {
        for issuer in ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]"] {
            #expect(try !needsClick(uri, origins: Self.origins, issuer: issuer))
            #expect(try needsClick(uri, origins: [], issuer: issuer))
        }
        for issuer in ["https://auth.example.com", "https://localhost:8443", "http://auth.example.com", "localhost"] {
            #expect(try needsClick(uri, origins: Self.origins, issuer: issuer))
        }
    }

    @Test(arguments: [
        "http://localhost:5174/cb", "http://localhost/cb", "http://127.0.0.1:5173/cb", "http://[::1]/cb",
        "http://app.localhost:5173/cb", "com.example.app://localhost:5173/cb", "http://LOCALHOST:5173/cb",
    ])
    func `in development a page of another origin does`(uri: String) throws {
        #expect(try needsClick(uri, origins: Self.origins, issuer: "http://localhost:8080"))
    }
}
