import Foundation
import LatchkeyBytes
import LatchkeyTokens
import Synchronization

/// A browser in front of sign-in pages: a jar of cookies, and forms that are filled in and sent as browsers do.
package final class TestBrowser: Sendable {
    package let issuer: String
    private let http: TestHTTP
    private let jar: Mutex<[String: String]>

    /// - Parameters:
    ///   - base: where the server really is.
    ///   - issuer: where it believes to be.
    package init(base: String, issuer: String, cookies: [String: String] = [:]) {
        http = TestHTTP(base: base, client: .withoutRedirects)
        self.issuer = issuer
        jar = Mutex(cookies)
    }

    /// Another one with the same cookies.
    package func copy() -> TestBrowser { TestBrowser(base: http.base, issuer: issuer, cookies: cookies) }

    package var cookies: [String: String] {
        get { jar.withLock { $0 } }
        set { jar.withLock { $0 = newValue } }
    }

    private var cookieField: [(String, String)] {
        let pairs = cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return pairs.isEmpty ? [] : [("Cookie", pairs.joined(separator: "; "))]
    }

    private func keep(_ response: TestResponse) {
        for line in response.all("Set-Cookie") {
            let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let isGone = line.contains("; Max-Age=0")
            jar.withLock { $0[String(pair[0])] = isGone ? nil : String(pair[1]) }
        }
    }

    // MARK: Requests

    package func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> TestResponse {
        let response = try await http.send(method, path, headers: cookieField + headers, body: body)
        keep(response)
        return response
    }

    /// Follows a link of another site, or types an address.
    package func get(_ path: String, headers: [(String, String)] = []) async throws -> TestResponse {
        let own = path.hasPrefix(issuer + "/") ? String(path.dropFirst(issuer.count)) : path
        return try await send("GET", own, headers: headers)
    }

    /// Posts a form.
    /// - Parameter headers: `Origin` is the issuer's unless something else is given here.
    package func post(
        _ path: String, form: [(name: String, value: String)], headers: [(String, String)]? = nil
    ) async throws -> TestResponse {
        let text = form.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }
            .joined(separator: "&")
        return try await send(
            "POST", path,
            headers: [("Content-Type", "application/x-www-form-urlencoded")]
                + (headers ?? [("Origin", issuer), ("Sec-Fetch-Site", "same-origin")]),
            body: Array(text.utf8))
    }

    /// Fills in the form of a page and sends it.
    /// - Parameters:
    ///   - typed: in place of what the page has, or in addition.
    ///   - decision: the button.
    package func submit(
        _ page: ShownPage, _ typed: [String: String] = [:], decision: String? = nil,
        headers: [(String, String)]? = nil
    ) async throws -> TestResponse {
        guard let form = page.form else { throw ShownPage.Malformed(description: "no form: \(page.response.text)") }
        if let decision, !form.decisions.contains(where: { $0.equalsBytes(of: decision) }) {
            throw ShownPage.Malformed(description: "no button '\(decision)' among \(form.decisions)")
        }
        var fields = form.fields.filter { typed[$0.name] == nil }
        fields += typed.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        if let decision { fields.append(("decision", decision)) }
        return try await post(form.action, form: fields, headers: headers)
    }
}
