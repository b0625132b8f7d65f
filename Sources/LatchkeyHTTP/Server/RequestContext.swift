import HTTPTypes
import LatchkeyBytes
package import LatchkeyCore
package import Logging

/// Where a request came from, before anything in it is trusted.
package struct RequestSource: Sendable {
    package let logger: Logger
    /// The socket's peer; nil over the Unix socket and for calls inside the process.
    package let peer: ClientAddress?
    /// Whether TLS ended here. A proxy's claim to have ended it does not count.
    package let isTLS: Bool
    /// Whether the caller opened the data directory's Unix socket or runs inside the process: the operator.
    package let isLocalOperator: Bool
    /// ``RequestContext/network`` of the peer itself, computed once for all requests of a connection.
    let peerNetwork: String

    package init(logger: Logger, peer: ClientAddress?, isTLS: Bool, isLocalOperator: Bool) {
        self.logger = logger
        self.peer = peer
        self.isTLS = isTLS
        self.isLocalOperator = isLocalOperator
        peerNetwork = Self.network(of: peer)
    }

    static func network(of address: ClientAddress?) -> String { address?.network.description ?? "local" }
}

/// What is known about one request on its way to the handler and back.
package struct RequestContext: Sendable {
    package let source: RequestSource
    /// This request's name in logs and in `X-Request-Id`.
    package let requestID = RequestID()
    /// The address that the request is attributed to, after the trusted proxies were considered; nil for the local
    /// operator.
    package let clientAddress: ClientAddress?
    /// A loopback or private peer that is no trusted proxy and yet sends forwarding headers: very likely a
    /// proxy that nobody configured, behind which everybody has one address.
    package let unconfiguredProxy: ClientAddress?
    /// What counts as one source in throttles and audit: an IPv4 address, an IPv6 /64, or `local`.
    package let network: String
    /// The matched path template and its routes; nil for an unknown path.
    package let resource: RouteTable.Resource?
    /// The path's error format.
    package let errorFormat: ErrorFormat
    /// Set when the transport refuses the request before any handler may see it.
    package let refusal: Refusal?
    /// What the handler tells the outer layers about the browser; shared by all copies of the context.
    package let browser = BrowserExchange()
    /// The checked path, percent-encoded.
    private let path: String

    init(
        source: RequestSource, attribution: TrustedProxies.Attribution, path: String, resource: RouteTable.Resource?,
        errorFormat: ErrorFormat, refusal: Refusal?
    ) {
        self.source = source
        clientAddress = attribution.client ?? source.peer
        unconfiguredProxy = attribution.unconfiguredProxy
        network = attribution.client.map { RequestSource.network(of: $0) } ?? source.peerNetwork
        self.path = path
        self.resource = resource
        self.errorFormat = errorFormat
        self.refusal = refusal
    }

    /// Names the request in every line.
    package var logger: Logger {
        var logger = source.logger
        logger[metadataKey: "lk.request"] = "\(requestID)"
        return logger
    }

    package var isTLS: Bool { source.isTLS }
    /// True over the Unix socket and inside the process: no token is required.
    package var isLocalOperator: Bool { source.isLocalOperator }

    /// A captured path segment, percent-decoded.
    /// - Throws: `Refusal` `.notFound` when the segment is not text: no such thing can exist.
    package func pathParameter(_ name: String) throws(Refusal) -> String {
        guard let raw = resource?.segment(name, of: path),
            let text = PercentEncoding.text(raw.utf8, plusIsSpace: false)
        else {
            throw Refusal(.notFound, "There is nothing at this path.")
        }
        return text
    }
}

extension HTTPField.Name {
    // The names are valid tokens; the fallbacks only satisfy the failable initialiser.
    static let referrerPolicy = HTTPField.Name("Referrer-Policy") ?? .server
}
