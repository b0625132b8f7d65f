import HTTPTypes
package import Hummingbird
package import LatchkeyCore
package import Logging

/// What a path's errors look like: RFC 6749 JSON at OAuth endpoints, RFC 9457 problem details everywhere else. The
/// `Accept` header never changes it.
package enum ErrorFormat: Sendable, Hashable {
    case oauth
    case problem
}

/// Where a request came from, before anything in it was believed.
package struct RequestSource: RequestContextSource, Sendable {
    package var logger: Logger
    /// The socket's peer; nil over the Unix socket and for calls inside the process.
    package var peer: ClientAddress?
    /// Whether TLS ended here. A proxy's claim to have ended it does not count.
    package var isTLS: Bool
    /// Whether the caller opened the data directory's Unix socket or runs inside the process: the operator.
    package var isLocalOperator: Bool
    package var requestID = RequestID()
    /// After the trusted proxies were heard.
    package var clientAddress: ClientAddress?
    /// A loopback or private peer that is no trusted proxy and yet sends forwarding headers (DESIGN 4): very likely a
    /// proxy that nobody configured, behind which everybody has one address.
    package var unconfiguredProxy: ClientAddress?
    /// The route's template and rules; nil for an unknown path.
    package var resource: RouteTable.Resource?
    package var errorFormat = ErrorFormat.problem
    /// Set when the transport refuses the request before any handler may see it.
    package var refusal: Refusal?

    package init(logger: Logger, peer: ClientAddress?, isTLS: Bool, isLocalOperator: Bool) {
        self.logger = logger
        self.peer = peer
        self.isTLS = isTLS
        self.isLocalOperator = isLocalOperator
        self.clientAddress = peer
    }
}

/// What is known of one request on its way through middleware and handler.
package struct RequestContext: Hummingbird.RequestContext {
    package typealias Source = RequestSource

    package var coreContext: CoreRequestContextStorage
    package let source: RequestSource
    /// What the handler tells the layers around it about the browser; shared by all copies of the context.
    package let browser = BrowserExchange()

    package init(source: RequestSource) {
        var source = source
        source.logger[metadataKey: "lk.request"] = "\(source.requestID)"
        self.source = source
        self.coreContext = CoreRequestContextStorage(source: source)
    }

    /// This request's name in logs and in `X-Request-Id`.
    package var requestID: RequestID { source.requestID }
    /// Hummingbird's name for the same.
    package var id: String { source.requestID.description }
    /// Who the request is attributed to; nil for the local operator.
    package var clientAddress: ClientAddress? { source.clientAddress }
    /// See ``RequestSource/unconfiguredProxy``.
    package var unconfiguredProxy: ClientAddress? { source.unconfiguredProxy }
    package var isTLS: Bool { source.isTLS }
    /// True over the Unix socket and inside the process: no token is asked for.
    package var isLocalOperator: Bool { source.isLocalOperator }
    /// The path's error format.
    package var errorFormat: ErrorFormat { source.errorFormat }
    /// The matched path template and its routes; nil for an unknown path.
    package var resource: RouteTable.Resource? { source.resource }

    /// A captured path segment, percent-decoded.
    /// - Throws: `Refusal` `.notFound` when the segment is not text: no such thing can exist.
    package func pathParameter(_ name: String) throws(Refusal) -> String {
        guard let raw = parameters.get(name), let text = PercentEncoding.text(Array(raw.utf8), plusIsSpace: false)
        else {
            throw Refusal(.notFound, "There is nothing at this path.")
        }
        return text
    }
}

/// The name of one request in logs and in `X-Request-Id`: sixteen random hexadecimal digits. Never taken from the client,
/// who could otherwise plant text in the log or make two requests look like one.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// A new random id.
    package init() {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        description = String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// Tells the client the request's name, for its own log and for asking us about it.
struct RequestIDMiddleware: RouterMiddleware {
    typealias Context = RequestContext

    func handle(
        _ request: Request,
        context: RequestContext,
        next: @concurrent (Request, RequestContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.xRequestID] = context.requestID.description
        return response
    }
}

extension HTTPField.Name {
    // The names are valid tokens; the fallbacks only satisfy the failable initialiser.
    static let xRequestID = HTTPField.Name("X-Request-Id") ?? .server
    static let referrerPolicy = HTTPField.Name("Referrer-Policy") ?? .server
}
