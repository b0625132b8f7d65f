package import AsyncHTTPClient
import Foundation
import LatchkeyBytes
package import LatchkeyTokens
import NIOCore
import NIOHTTP1

/// What the server answered.
package struct TestResponse: Sendable {
    package let status: Int
    /// In the order received; names as received.
    package let fields: [(name: String, value: String)]
    package let body: [UInt8]

    /// The first value of a field, by any case of its name.
    package subscript(field name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    package func all(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON, read strictly; `.null` when it is none.
    package var json: JSONValue { (try? StrictJSON.parse(body)) ?? .null }

    /// A text member of the JSON object.
    package subscript(_ member: String) -> String? { json.object?[member]?.string }

    /// A number member of the JSON object.
    package func integer(_ member: String) -> Int64? { json.object?[member]?.integer }
}

extension HTTPClient {
    /// Waits as long as a busy machine takes, has a connection for everybody who asks, and knocks once: what is
    /// refused is refused. Lives as long as the tests.
    package static let patient = HTTPClient(eventLoopGroupProvider: .singleton, configuration: patience)

    /// Shows redirects instead of following them. Lives as long as the tests.
    package static let withoutRedirects = {
        var configuration = patience
        configuration.redirectConfiguration = .disallow
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// For a client of a test's own.
    package static var patience: Configuration {
        var configuration = Configuration()
        configuration.timeout.connect = .minutes(10)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 512
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }
}

/// Plain requests to one server.
package struct TestHTTP: Sendable {
    package let base: String
    private let client: HTTPClient

    /// - Parameter client: of the test alone where connections must not be shared.
    package init(base: String, client: HTTPClient = .patient) {
        self.base = base
        self.client = client
    }

    package func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        timeout: Duration = .seconds(600)
    ) async throws -> TestResponse {
        var request = HTTPClientRequest(url: base + path)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(body) }
        let response = try await client.execute(request, timeout: .milliseconds(timeout.components.seconds * 1000))
        let bytes = try await response.body.collect(upTo: 64 << 20)
        return TestResponse(
            status: Int(response.status.code), fields: response.headers.map { ($0.name, $0.value) },
            body: Array(bytes.readableBytesView))
    }

    package func get(_ path: String, headers: [(String, String)] = []) async throws -> TestResponse {
        try await send("GET", path, headers: headers)
    }

    /// `application/json`.
    package func post(
        _ path: String, json: [String: JSONValue], headers: [(String, String)] = [], bearer: String? = nil
    ) async throws -> TestResponse {
        try await send(
            "POST", path, headers: [("Content-Type", "application/json")] + authorisation(bearer) + headers,
            body: JSONWriter.object { writer in
                for (name, value) in json.sorted(by: { $0.key < $1.key }) { writer.member(name, value) }
            })
    }

    /// `application/x-www-form-urlencoded`; a name may stand twice.
    package func post(
        _ path: String, form: [(String, String)], headers: [(String, String)] = []
    ) async throws -> TestResponse {
        let text = form.map { PercentEncoding.encode($0.0) + "=" + PercentEncoding.encode($0.1) }.joined(separator: "&")
        return try await send(
            "POST", path, headers: [("Content-Type", "application/x-www-form-urlencoded")] + headers,
            body: Array(text.utf8))
    }

    package func authorised(
        _ method: String, _ path: String, bearer: String, headers: [(String, String)] = []
    ) async throws -> TestResponse {
        try await send(method, path, headers: authorisation(bearer) + headers)
    }

    private func authorisation(_ bearer: String?) -> [(String, String)] {
        bearer.map { [("Authorization", "Bearer \($0)")] } ?? []
    }
}
