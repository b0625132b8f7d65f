import LatchkeyTokens

/// Where a server listens: a TCP address or a Unix-domain socket.
package enum ListenAddress: Sendable, Hashable {
    /// A host name or IP address (IPv6 without brackets) and a port; port 0 asks the system for a free one.
    case tcp(host: String, port: Int)
    /// The absolute or relative path of a socket file. Anybody who may open it is the operator.
    case unix(path: String)

    /// Parses `host:port` or `[IPv6]:port`; nil for anything else, including a bare IPv6 address and a port above
    /// 65535.
    package init?(_ text: String) {
        let separator = UInt8(ascii: ":")
        guard let colon = text.utf8.lastIndex(of: separator) else { return nil }
        let digits = text.utf8[text.utf8.index(after: colon)...]
        guard !digits.isEmpty, digits.allSatisfy(\.isASCIIDigit), let port = UInt16(Substring(digits)) else {
            return nil
        }
        var host = text.utf8[..<colon]
        if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") {
            host = host.dropFirst().dropLast()
            guard let address = ClientAddress(String(Substring(host))), !address.isIPv4 || host.contains(separator)
            else { return nil }
        } else if host.contains(separator) {
            return nil
        }
        guard !host.isEmpty, host.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        self = .tcp(host: String(Substring(host)), port: Int(port))
    }

    /// Whether the address is the machine itself: a loopback IP address, `localhost`, or a Unix-domain socket.
    package var isLoopback: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): host == "localhost" || ClientAddress(host)?.isLoopback == true
        }
    }
}

extension ListenAddress: CustomStringConvertible {
    /// The text form that ``init(_:)`` reads, or the socket's path.
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}

/// Why a server cannot listen, in a sentence for the operator.
package struct ListenError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The closed list of causes.
    package enum Code: Sendable {
        case addressInUse, addressUnavailable, notPermitted, notASocket, failed
    }

    package let code: Code
    package let address: ListenAddress
    /// A complete sentence with the address and what to do.
    package let description: String

    package init(_ code: Code, _ address: ListenAddress, reason: String = "") {
        self.code = code
        self.address = address
        self.description =
            switch code {
            case .addressInUse:
                "Cannot listen on \(address): another program uses it. Stop that program or choose another address."
            case .addressUnavailable:
                "Cannot listen on \(address): this machine has no such address."
            case .notPermitted:
                "Cannot listen on \(address): permission denied. Ports below 1024 need extra rights."
            case .notASocket:
                "Cannot listen on \(address): a file that is not a socket is in the way. Move it away."
            case .failed:
                "Cannot listen on \(address): \(reason)"
            }
    }

    package static func == (lhs: ListenError, rhs: ListenError) -> Bool {
        lhs.code == rhs.code && lhs.address == rhs.address
    }
}
