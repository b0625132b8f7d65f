import Foundation
import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// A server, nginx with one of our recipes in front, and an application behind that tells which headers reached it.
struct ProxiedApplication: Sendable {
    /// Through nginx: what strangers and browsers reach.
    let outside: TestHTTP
    /// The sign-in host of the recipe with two hosts.
    let auth: TestHTTP
    /// The host under which a browser sees the application.
    let origin: String
    let authOrigin: String
    private let nginx: NginxProcess

    /// What the application answers with, for each request that reaches it.
    private static let echo = """
        {"method":"$request_method","uri":"$request_uri","subject":"$http_x_latchkey_subject",\
        "session":"$http_x_latchkey_session","client":"$http_x_latchkey_client","scope":"$http_x_latchkey_scope",\
        "roles":"$http_x_latchkey_roles","user":"$http_x_latchkey_user","token":"$http_x_latchkey_token",\
        "authorization":"$http_authorization","length":"$http_content_length"}
        """

    /// - Parameter name: of a recipe in `Config/nginx`.
    init(_ name: String, before server: TestServer, folder: TemporaryFolder) async throws {
        let ports = try (0..<3).map { _ in try ServerProcess.freePort() }
        let page = folder.file("login.html")
        try Data("<!doctype html><title>Sign in</title>".utf8).write(to: URL(filePath: page))
        let latchkey = String(server.http.base.dropFirst("http://".count))
        var words = ["LATCHKEY_ADDRESS": latchkey, "UPSTREAM_ADDRESS": "127.0.0.1:\(ports[2])"]
        switch name {
        case "forward-auth":
            words["API_LISTEN"] = "127.0.0.1:\(ports[0])"
            words["API_HOST"] = "localhost"
            words["API_AUDIENCE"] = PercentEncoding.encode(TestServer.audience)
        case "two-hosts":
            words["AUTH_LISTEN"] = "127.0.0.1:\(ports[1])"
            words["AUTH_HOST"] = "localhost"
            words["LOGIN_PAGE"] = page
            fallthrough
        default:
            words["APP_LISTEN"] = "127.0.0.1:\(ports[0])"
            words["APP_HOST"] = "localhost"
        }
        let application = """
            server {
                listen 127.0.0.1:\(ports[2]);
                default_type application/json;
                location / { return 200 '\(Self.echo)'; }
            }
            """
        let listening = name == "two-hosts" ? ports : [ports[0], ports[2]]
        nginx = try await NginxProcess(
            folder: folder, http: try NginxProcess.recipe(name, words) + application, ports: listening)
        origin = "http://localhost:\(ports[0])"
        authOrigin = "http://localhost:\(ports[1])"
        outside = TestHTTP(base: "http://127.0.0.1:\(ports[0])", client: .withoutRedirects)
        auth = TestHTTP(base: "http://127.0.0.1:\(ports[1])", client: .withoutRedirects)
    }

    /// What a page of `origin` sends with a request that lives by a cookie.
    static func page(_ origin: String) -> [(String, String)] {
        [("X-Latchkey-CSRF", "1"), ("Origin", origin), ("Sec-Fetch-Site", "same-origin")]
    }

    /// Every way to claim to be somebody.
    static let forged: [(String, String)] = [
        ("X-Latchkey-Subject", "forged"), ("x-latchkey-subject", "forged"), ("X_Latchkey_Subject", "forged"),
        ("X-Latchkey-Session", "forged"), ("X-Latchkey-Client", "forged"), ("X-Latchkey-Scope", "forged"),
        ("X-Latchkey-Roles", "forged"), ("X-Latchkey-User", "forged"), ("X-Latchkey-Token", "forged"),
    ]
}

/// Settings under which the server believes the nginx of these tests.
let behindNginx = ["trusted_proxies": "127.0.0.1"]
