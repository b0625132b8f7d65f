import LatchkeyCore
import NIOHTTP1

/// What a request's head must be like before anything is done for it, the same on HTTP/1.1 and HTTP/2.
struct RequestHeadJudge {
    static let tooLarge = Refusal(.headersTooLarge, "The request head is too large.")

    private let limits: TransportLimits

    init(_ limits: TransportLimits) {
        self.limits = limits
    }

    /// Why the request is not served; nil when it may be.
    func refusal(of head: HTTPRequestHead, isHTTP2: Bool) -> Refusal? {
        // The HTTP/1 decoder counts for itself, while the head arrives.
        if isHTTP2, !fits(head.headers, target: head.uri) { return Self.tooLarge }
        var hosts = 0
        for (name, value) in head.headers {
            // One look at each field, most of which end at their length.
            switch name.utf8.count {
            case 4 where Self.is(name, "host"):
                hosts += 1
            case 14 where Self.is(name, "content-length"):
                if let length = Int(value), length > limits.maxBodyBytes {
                    return Refusal(.payloadTooLarge, "The body is larger than 64 KiB.")
                }
            // HTTP/2 has none (RFC 9113 8.2.2); what looks like one there was put in on the way to here.
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

    /// `chunked` alone is understood (RFC 9112 6.1). What another coding hides would be read as the content itself, and a
    /// message of HTTP/1.0 has no codings: whoever is in front of us may have seen its end elsewhere.
    private static func refusal(ofCoding value: String, _ version: HTTPVersion) -> Refusal? {
        guard version == .http1_1 else {
            return Refusal(.invalidRequest, "A request of HTTP/1.0 has no Transfer-Encoding.")
        }
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var coding = value.utf8[...]
        while let last = coding.last, isBlank(last) { coding.removeLast() }
        coding = coding.drop(while: isBlank)
        guard coding.count == 7, zip(coding, "chunked".utf8).allSatisfy({ $0 | 0x20 == $1 }) else {
            return Refusal(.notImplemented, "The only Transfer-Encoding that is understood is chunked.")
        }
        return nil
    }

    /// Whether a head of HTTP/2, or its trailers, keep the limits that the HTTP/1 decoder holds others to. Pieces of a
    /// cookie are one field, as they were before they were cut up (RFC 9113 8.2.3).
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

    /// - Parameter expected: in small letters and as long as `name`.
    private static func `is`(_ name: String, _ expected: String) -> Bool {
        let (bytes, others) = (name.utf8.span, expected.utf8.span)
        for index in bytes.indices where bytes[index] | 0x20 != others[index] { return false }
        return true
    }
}
