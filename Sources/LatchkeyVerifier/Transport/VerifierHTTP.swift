import AsyncHTTPClient
import LatchkeyTokens
import NIOCore
import NIOHTTP1
import NIOHTTPCompression

/// Requests to the issuer's server. Each is bounded in time and size, whatever the other side does.
struct VerifierHTTP: Sendable {
    /// Follows no redirects: credentials and trust belong to the configured server. Lives as long as the process, like
    /// `HTTPClient.shared`.
    static let sharedClient: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.redirectConfiguration = .disallow
        // Limited by size, like everything here: a list of similar entries compresses better than any ratio that looks
        // safe.
        configuration.decompression = .enabled(limit: .size(2 * RevocationDocument.maximumLength))
        // Long polls occupy connections: several verifiers of one host must not queue behind each other.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 4096
        // A refused connection is an answer. The pool's own pauses grow to a minute and would continue after the server
        // is back.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// The two methods in use.
    enum Method: String {
        case get = "GET"
        case post = "POST"
    }

    /// A complete response.
    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
        private let headers: HTTPHeaders

        init(_ head: HTTPClientResponse, body: [UInt8]) {
            status = Int(head.status.code)
            headers = head.headers
            self.body = body
        }

        /// The first value of a field, whatever the case of its name.
        func field(_ name: String) -> String? { headers.first(name: name) }

        /// Every element of a field that is a list.
        func elements(of name: String) -> [String] { headers[canonicalForm: name].map(String.init) }

        /// The media type in lower case without parameters; empty without one.
        var mediaType: String {
            let value = field("Content-Type") ?? ""
            return value.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        }
    }

    private let server: String
    private let client: HTTPClient
    private let credentials: ServiceCredentials?
    private let trustRoots: TrustRoots

    init(_ configuration: TokenVerifier.Configuration) {
        server = configuration.server
        trustRoots = configuration.trustRoots
        client = configuration.httpClient
        credentials = configuration.credentials
    }

    /// Sends one request and reads the complete response.
    ///
    /// - Parameters:
    ///   - path: including the query.
    ///   - authenticated: whether to send our credentials, if we have any.
    ///   - maximumLength: of the body, in bytes; a longer one is refused as soon as its length is known.
    ///   - limit: from now to the last byte: a slow, dripping response does not hold us longer.
    /// - Throws: ``TransportFailure``.
    func send(
        _ method: Method, _ path: String, headers: [(String, String)] = [], form: String? = nil,
        authenticated: Bool, maximumLength: Int, within limit: Duration
    ) async throws(TransportFailure) -> Answer {
        do {
            return try await withThrowingTaskGroup(of: Answer?.self) { group in
                group.addTask {
                    let request = try await self.request(method, path, headers, form, authenticated)
                    return try await exchange(request, maximumLength: maximumLength)
                }
                group.addTask {
                    try await Task.sleep(for: limit)
                    return nil
                }
                defer { group.cancelAll() }
                guard let answer = try await group.next() ?? nil else { throw TransportFailure.timedOut }
                return answer
            }
        } catch let failure as TransportFailure {
            throw failure
        } catch is CancellationError {
            throw .cancelled
        } catch {
            if Task.isCancelled { throw .cancelled }
            throw .unreachable(await trouble(error))
        }
    }

    private func trouble(_ error: any Error) async -> String {
        if let problem = trustRoots.problem { return problem }
        guard let target = ConnectionTrouble.Target(url: server) else { return "\(type(of: error)): \(error)" }
        return await ConnectionTrouble.reason(
            error, target, authorityOption: "trustRoots or SSL_CERT_FILE", looksForTLS: false)
    }

    private func request(
        _ method: Method, _ path: String, _ headers: [(String, String)], _ form: String?, _ authenticated: Bool
    ) async throws -> HTTPClientRequest {
        var request = HTTPClientRequest(url: server + path)
        request.method = HTTPMethod(rawValue: method.rawValue)
        request.tlsConfiguration = trustRoots.tlsConfiguration
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let form {
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: form))
        }
        guard authenticated, let credentials else { return request }
        switch credentials.kind {
        case .basic(let id, let secret): request.setBasicAuth(username: id, password: secret)
        case .bearer(let provide):
            do {
                request.headers.add(name: "Authorization", value: "Bearer \(try await provide())")
            } catch let error as CancellationError {
                throw error
            } catch {
                throw TransportFailure.noCredentials
            }
        }
        return request
    }

    private func exchange(_ request: HTTPClientRequest, maximumLength: Int) async throws -> Answer {
        // The caller's deadline governs; this one only has to be later.
        let response = try await client.execute(request, timeout: .hours(1))
        guard response.history.count <= 1,
            !(300...399).contains(response.status.code) || response.status == .notModified
        else { throw TransportFailure.redirected }
        // The announced length may be that of the compressed form, which is never the longer one.
        if let announced = response.headers.first(name: "Content-Length").flatMap(Int.init), announced > maximumLength {
            throw TransportFailure.tooLarge
        }
        var body: [UInt8] = []
        for try await chunk in response.body {
            guard body.count + chunk.readableBytes <= maximumLength else { throw TransportFailure.tooLarge }
            body.append(contentsOf: chunk.readableBytesView)
        }
        return Answer(response, body: body)
    }
}

/// Why there is no response to look at.
enum TransportFailure: Error, Sendable, Hashable, CustomStringConvertible {
    case unreachable(String)
    case timedOut
    case tooLarge
    case redirected
    case noCredentials
    case cancelled

    /// For the log; never names a credential.
    var description: String {
        switch self {
        case .unreachable(let reason): "unreachable: \(reason)"
        case .timedOut: "no complete answer in time"
        case .tooLarge: "the answer is larger than allowed"
        case .redirected: "redirected elsewhere"
        case .noCredentials: "no credentials at hand"
        case .cancelled: "cancelled"
        }
    }
}
