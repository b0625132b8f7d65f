import AsyncHTTPClient
import Foundation
import LatchkeyBytes
import LatchkeyHTTP
import LatchkeyVerifier
import NIOCore
import NIOHTTP1

/// One HTTP exchange of the command line, over TCP or a Unix-domain socket.
enum HTTPTransport {
    /// How long a response may take. A busy server may need time, but a user should not wait longer for a silent
    /// command.
    static let patience: TimeAmount = .seconds(30)
    /// For requests that work for a long time before they answer; see ``AdminConnection``.
    static let longPatience: TimeAmount = .seconds(300)
    /// A page of 1000 sessions is well below a megabyte; this limits JWKS and lists of other servers.
    static let maximumBody = 64 << 20

    /// Used for the whole life of the process, so it is never shut down.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        // A redirect would carry a password to another host.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        // A refused connection is an answer: retrying for ten seconds would only keep it from the user.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// The URL of `path` on the server behind a Unix-domain socket.
    static func url(socket: String, path: String) -> String {
        "http+unix://\(PercentEncoding.encode(socket, plain: .alphanumerics))\(path)"
    }

    /// Why the server behind a socket did not answer, in a sentence.
    static func sentence(_ error: any Error, within limit: TimeAmount = patience) -> String {
        guard error as? HTTPClientError == .deadlineExceeded else {
            return "The running server did not answer (\(reason(error, within: limit))). Check that it still runs."
        }
        return "The running server did not answer within \(limit.nanoseconds / 1_000_000_000) s: "
            + "it is stopped or overloaded. Look at its log, or restart it."
    }

    /// Why there was no response, in a few words: the libraries' own descriptions are many lines long.
    /// - Parameter limit: the time that the exchange was given.
    static func reason(_ error: any Error, within limit: TimeAmount = patience) -> String {
        if error as? HTTPClientError == .deadlineExceeded {
            return "no answer within \(limit.nanoseconds / 1_000_000_000) s"
        }
        let text = "\(error)"
        for known in ["connection refused", "no such file", "timed out", "timeout", "certificate"] {
            if text.localizedCaseInsensitiveContains(known) { return known }
        }
        return String(text.prefix { !$0.isNewline }.prefix(120))
    }

    /// - Throws: async-http-client's errors when there is no response; see ``reason(_:)``.
    static func send(
        _ method: String, _ url: String, fields: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        contentType: String = "application/json", roots: TrustRoots? = nil, within limit: TimeAmount = patience
    ) async throws -> HTTPAnswer {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        request.tlsConfiguration = roots?.tlsConfiguration
        request.headers.add(name: "User-Agent", value: "latchkey/\(Latchkey.version)")
        // The URL of a socket has no authority, and the client would send its path as the host.
        if url.hasPrefix("http+unix:") { request.headers.add(name: "Host", value: "localhost") }
        for field in fields { request.headers.add(name: field.name, value: field.value) }
        if let body {
            request.headers.add(name: "Content-Type", value: contentType)
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response = try await client.execute(request, timeout: limit)
        let bytes = try await response.body.collect(upTo: maximumBody)
        return HTTPAnswer(
            status: Int(response.status.code), contentType: response.headers.first(name: "Content-Type"),
            body: Array(buffer: bytes), location: response.headers.first(name: "Location"))
    }
}
