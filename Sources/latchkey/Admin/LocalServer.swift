import AsyncHTTPClient
import Foundation
import Glibc
import NIOCore
import NIOHTTP1

/// The admin API of a data directory without sockets: the same router, called inside this process while it holds the
/// directory's lock. `Compose` makes it.
package struct LocalServer: Sendable {
    /// What the router answered.
    package struct Answer: Sendable {
        package let status: Int
        package let body: [UInt8]

        package init(status: Int, body: [UInt8]) {
            self.status = status
            self.body = body
        }
    }

    /// Method, path with query, JSON body.
    package typealias Responder = @Sendable (String, String, [UInt8]?) async throws -> Answer

    private let respond: Responder
    private let stop: @Sendable () async -> Void

    /// - Parameters:
    ///   - respond: answers one request as the operator.
    ///   - shutdown: closes the store and its threads; called once, after the last answer.
    package init(respond: @escaping Responder, shutdown: @escaping @Sendable () async -> Void) {
        self.respond = respond
        stop = shutdown
    }

    /// Answers one request as the operator.
    /// - Parameters:
    ///   - path: with query, percent-encoded.
    ///   - body: JSON.
    package func send(method: String, path: String, body: [UInt8]?) async throws -> Answer {
        try await respond(method, path, body)
    }

    /// Closes the store. No `send` may follow.
    package func shutdown() async { await stop() }
}

/// One HTTP exchange of the command line, over TCP or a Unix-domain socket.
enum HTTPTransport {
    struct Answer: Sendable {
        let status: Int
        let contentType: String?
        let body: [UInt8]
    }

    /// Long polls of `tail` take up to 60 s; a busy server may take its time.
    private static let timeout: TimeAmount = .seconds(100)
    /// A page of 1000 sessions is well below a megabyte; JWKS and lists of others are bounded here.
    static let maximumBody = 64 << 20

    /// One for the process's life, so it is never shut down.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        // A redirect would carry a password to another host.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// The URL of `path` on the server behind a Unix-domain socket.
    static func url(socket: String, path: String) -> String {
        let host = socket.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return "http+unix://\(host)\(path)"
    }

    /// Why there was no answer, in a few words: the libraries' own descriptions run over many lines.
    static func reason(_ error: any Error) -> String {
        let text = "\(error)"
        for known in ["connection refused", "no such file", "timed out", "timeout", "certificate"] {
            if text.localizedCaseInsensitiveContains(known) { return known }
        }
        return String(text.prefix { !$0.isNewline }.prefix(120))
    }

    /// - Throws: async-http-client's errors when there is no answer; see ``reason(_:)``.
    static func send(
        _ method: String, _ url: String, fields: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        contentType: String = "application/json"
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "User-Agent", value: "latchkey/\(Latchkey.version)")
        // The URL of a socket has no authority, and the client would send its path as the host.
        if url.hasPrefix("http+unix:") { request.headers.add(name: "Host", value: "localhost") }
        for field in fields { request.headers.add(name: field.name, value: field.value) }
        if let body {
            request.headers.add(name: "Content-Type", value: contentType)
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response = try await client.execute(request, timeout: timeout)
        let bytes = try await response.body.collect(upTo: maximumBody)
        return Answer(
            status: Int(response.status.code), contentType: response.headers.first(name: "Content-Type"),
            body: Array(buffer: bytes))
    }
}

/// Finds out whether somebody listens on a Unix-domain socket.
enum UnixSocketProbe {
    /// Connects and hangs up. False for a path longer than ``LatchkeyHTTP/UnixSocketPath`` makes them.
    static func accepts(_ path: String) -> Bool {
        var name = sockaddr_un()
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: name.sun_path) else { return false }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        name.sun_family = sa_family_t(AF_UNIX)
        // The path and its NUL fit, as checked; the rest of the field is zero.
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: bytes) }
        // A sockaddr_un is a sockaddr as far as the system is concerned; its length says which.
        return unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
