import LatchkeyCore
import NIOHTTP1

/// The conditions on a request's head before anything is done for it, the same on HTTP/1.1 and HTTP/2.
struct RequestHeadJudge {
    static let tooLarge = Refusal(.headersTooLarge, "The request head is too large.")

    private let limits: TransportLimits

    init(_ limits: TransportLimits) {
        self.limits = limits
    }

    /// Why the request is not served; nil when it may be served.
    func refusal(of head: HTTPRequestHead, isHTTP2: Bool) -> Refusal? {
        // The HTTP/1 decoder counts by itself, while the head arrives.
        if isHTTP2, !fits(head.headers, target: head.uri) { return Self.tooLarge }
        var hosts = 0
        for (name, value) in head.headers {
            // One look at each field; for most of them the length decides.
            switch name.utf8.count {
            case 4 where Self.is(name, "host"):
                hosts += 1
            case 14 where Self.is(name, "content-length"):
                if let length = Int(value), length > limits.maxBodyBytes {
                    return Refusal(.payloadTooLarge, "The body is larger than 64 KiB.")
                }
            // HTTP/2 has none (RFC 9113 8.2.2); a field that looks like one was added on the way here.
            case 17 where !isHTTP2 && Self.is(name, "transfer-encoding"):
                if let refusal = Self.refusal(ofCoding: value, head.version) { return refusal }
            default:
                break
            }
        }
        guard hosts == 1 || (hosts == 0 && (head.version == .http1_0 || isHTTP2)) else {
            return Refusal(.invalidRequest, "The request needs exactly one Host header.")
        }
        return nil
    }

    /// Only `chunked` is supported (RFC 9112 6.1). Another coding would be read as the content itself, and an HTTP/1.0
    /// message has no codings: a proxy in front of us may have seen its end elsewhere.
    private static func refusal(ofCoding value: String, _ version: HTTPVersion) -> Refusal? {
        guard version == .http1_1 else {
            return Refusal(.invalidRequest, "An HTTP/1.0 request must not have Transfer-Encoding.")
        }
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var coding = value.utf8[...]
        while let last = coding.last, isBlank(last) { coding.removeLast() }
        coding = coding.drop(while: isBlank)
        guard coding.count == 7, zip(coding, "chunked".utf8).allSatisfy({ $0 | 0x20 == $1 }) else {
            return Refusal(.notImplemented, "The only supported Transfer-Encoding is chunked.")
        }
        return nil
    }

    /// Whether an HTTP/2 head, or its trailers, keep the limits that the HTTP/1 decoder enforces for others. Pieces of
    /// a cookie are one field, as before they were split (RFC 9113 8.2.3).
    func fits(_ fields: HTTPHeaders, target: String) -> Bool {
        var total = target.utf8.count
        var count = 0
        var cookies = 0
        for (name, value) in fields {
            let length = value.utf8.count
            total += name.utf8.count + length
            guard name.utf8.count <= limits.maxFieldBytes, length <= limits.maxFieldBytes else { return false }
            if name.utf8.count == 6, Self.is(name, "cookie") {
                if cookies == 0 { count += 1 }
                cookies += length
            } else {
                count += 1
            }
        }
        return total <= limits.maxHeadBytes && count <= limits.maxFieldCount && cookies <= limits.maxFieldBytes
    }

    /// - Parameter expected: in lower case and as long as `name`.
    private static func `is`(_ name: String, _ expected: String) -> Bool {
        let (bytes, others) = (name.utf8.span, expected.utf8.span)
        for index in bytes.indices where bytes[index] | 0x20 != others[index] { return false }
        return true
    }
}
