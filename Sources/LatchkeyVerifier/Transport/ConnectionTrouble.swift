import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix

/// Why a server could not be reached, in words that say what to do.
package enum ConnectionTrouble {
    /// The destination of a request.
    package struct Target: Sendable {
        package let host: String
        package let port: Int
        package let isTLS: Bool

        /// Nil unless `url` is an http or https URL with a host and without a user name.
        package init?(url: String) {
            let bytes = Array(url.utf8)
            let schemes = [(text: "https://", isTLS: true, port: 443), (text: "http://", isTLS: false, port: 80)]
            guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }),
                let scheme = schemes.first(where: { bytes.starts(with: $0.text.utf8) })
            else { return nil }
            let authority = bytes.dropFirst(scheme.text.utf8.count).prefix { !"/?#".utf8.contains($0) }
            guard !authority.contains(UInt8(ascii: "@")) else { return nil }
            let name: ArraySlice<UInt8>
            let rest: ArraySlice<UInt8>
            if authority.first == UInt8(ascii: "[") {
                guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
                name = authority[(authority.startIndex + 1)..<end]
                rest = authority[(end + 1)...]
            } else {
                name = authority.prefix { $0 != UInt8(ascii: ":") }
                rest = authority[name.endIndex...]
            }
            let digits = rest.dropFirst()
            guard !name.isEmpty, rest.isEmpty || rest.first == UInt8(ascii: ":"),
                digits.allSatisfy({ (0x30...0x39).contains($0) }), rest.isEmpty || !digits.isEmpty
            else { return nil }
            let port = digits.isEmpty ? scheme.port : Int(String(decoding: digits, as: UTF8.self)) ?? 0
            guard (1...65535).contains(port) else { return nil }
            host = String(decoding: name, as: UTF8.self)
            self.port = port
            isTLS = scheme.isTLS
        }

        /// `host:port`, with brackets around an IPv6 address.
        var name: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// Half a sentence for an error of the HTTP client, without a full stop. Where the error is not specific, it looks
    /// at the certificate over a connection of its own, on which it sends nothing.
    ///
    /// - Parameters:
    ///   - authorityOption: how the caller can be given an authority of its own.
    ///   - looksForTLS: whether to find out if a server that closed a plain connection speaks TLS. That takes up to some
    ///     seconds, which a poller does not have.
    package static func reason(
        _ error: any Error, _ target: Target, authorityOption: String, looksForTLS: Bool = true
    ) async -> String {
        switch kind(error) {
        case .refused: return "nothing listens on \(target.name) (connection refused)"
        case .unknownName: return "the name \(target.host) is not known"
        case .timedOut: return "\(target.name) did not answer in time"
        case .wrongName:
            let names = (try? await PeerCertificate.read(target))?.names ?? []
            return "the certificate of \(target.name) is not for the name \(target.host)"
                + (names.isEmpty ? "" : ", but for \(names.joined(separator: ", "))")
        case .untrusted:
            let trouble = (try? await PeerCertificate.read(target))?.trouble
            return "the certificate of \(target.name) "
                + (trouble ?? "is from an authority that is not trusted here: name your own with \(authorityOption)")
        case .noTLS: return "\(target.name) does not speak TLS: use a URL that begins with http://"
        case .closed:
            if looksForTLS, !target.isTLS, (try? await PeerCertificate.read(target)) != nil {
                return "\(target.name) speaks TLS: use a URL that begins with https://"
            }
            return "\(target.name) closed the connection without an answer"
        case .other: return String("\(error)".prefix { !$0.isNewline }.prefix(200))
        }
    }

    private enum Kind { case refused, unknownName, timedOut, wrongName, untrusted, noTLS, closed, other }

    private static func kind(_ error: any Error) -> Kind {
        if let error = error as? NIOConnectionError {
            guard let first = error.connectionErrors.first?.error else { return .unknownName }
            return kind(first)
        }
        if let error = error as? IOError {
            switch error.errnoCode {
            case ECONNREFUSED: return .refused
            case ETIMEDOUT: return .timedOut
            case ECONNRESET, EPIPE: return .closed
            default: return .other
            }
        }
        if let error = error as? ChannelError {
            if case .connectTimeout = error { return .timedOut }
            return .closed
        }
        if let error = error as? HTTPClientError {
            switch error {
            case .connectTimeout, .deadlineExceeded, .readTimeout, .tlsHandshakeTimeout: return .timedOut
            case .remoteConnectionClosed: return .closed
            default: return .other
            }
        }
        return tlsKind("\(error)")
    }

    /// Errors of the TLS library differ only by their text.
    private static func tlsKind(_ text: String) -> Kind {
        for (sign, kind): (String, Kind) in [
            ("CERTIFICATE_VERIFY_FAILED", .untrusted), ("failedToValidateHostname", .wrongName),
            ("unableToValidateCertificate", .untrusted), ("WRONG_VERSION_NUMBER", .noTLS), ("HTTP_REQUEST", .noTLS),
            ("EOF during handshake", .closed), ("HTTPParserError", .closed), ("invalidEOFState", .closed),
            ("invalidVersion", .closed), ("invalidConstant", .closed), ("uncleanShutdown", .closed),
        ] where text.firstRange(of: sign) != nil {
            return kind
        }
        return .other
    }
}
