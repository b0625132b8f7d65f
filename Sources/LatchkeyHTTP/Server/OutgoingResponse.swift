package import HTTPTypes
package import NIOCore
import NIOHTTP1

/// A response ready for the wire: the handler's fields and those that every response has. They are joined once, where
/// they are written.
package struct OutgoingResponse: Sendable {
    package let status: HTTPResponse.Status
    package let body: ByteBuffer
    /// The handler's own fields.
    private let fields: HTTPFields
    private let extra: HTTPFields
    private let isIssuerSecure: Bool
    /// `Content-Length`, if there is to be one.
    private let length: Int?
    /// Different for each response, even if everything else is unchanged.
    let requestID: RequestID
    /// IMF-fixdate.
    let date: String
    /// Present when the same bytes may be answered with this response again.
    let reuse: Reuse?

    /// What ``AnswerCache`` must know in addition to the bytes.
    struct Reuse: Sendable {
        let isCurrent: @Sendable () -> Bool
        let observation: RequestMetrics.Series
    }

    /// - Parameters:
    ///   - extra: the fields of the layers around the handler. `Vary` adds to the handler's own; the others are not in
    ///     it.
    ///   - omitsBody: for `HEAD`: the fields stay as they are, with the `Content-Length` of the `GET` response.
    init(
        _ response: Response, extra: HTTPFields, isIssuerSecure: Bool, omitsBody: Bool, requestID: RequestID,
        date: String, reuse: Reuse?
    ) {
        status = response.status
        let hasNoBody = response.status == .noContent || response.status == .notModified
        body = omitsBody || hasNoBody ? ByteBuffer() : response.body
        length = hasNoBody ? nil : response.body.readableBytes
        fields = response.headers
        self.extra = extra
        self.isIssuerSecure = isIssuerSecure
        self.requestID = requestID
        self.date = date
        self.reuse = reuse
    }

    /// A field of the handler.
    func field(_ name: HTTPField.Name) -> String? { fields[name] }

    /// All but ``requestID`` and ``date``, in the order in which they are sent.
    /// - Parameter security: receives the fields that only we send.
    private func forEachField(
        _ body: (_ name: String, _ value: String) -> Void, security: (SecurityHeaders.Header) -> Void
    ) {
        var vary = extra.first { $0.name == .vary }?.value
        var missing = SecurityHeaders.Missing(isIssuerSecure: isIssuerSecure)
        for field in fields {
            missing.found(field.name)
            guard field.name == .vary, let more = vary else {
                body(field.name.rawName, field.value)
                continue
            }
            body("Vary", "\(field.value), \(more)")
            vary = nil
        }
        for field in extra where field.name != .vary { body(field.name.rawName, field.value) }
        if let vary { body("Vary", vary) }
        missing.forEach(security)
        if let length { body("Content-Length", String(length)) }
    }

    /// Status and all fields, for wires that take them one by one.
    var parts: HTTPResponseHead {
        var all = HTTPHeaders()
        all.reserveCapacity(fields.count + extra.count + SecurityHeaders.all.count + 3)
        forEachField {
            all.add(name: $0, value: $1)
        } security: {
            all.add(name: $0.name.rawName, value: $0.value)
        }
        all.add(name: "X-Request-Id", value: requestID.description)
        all.add(name: "Date", value: date)
        return HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: status.code, reasonPhrase: status.reasonPhrase), headers: all)
    }

    /// Status line and fields of an HTTP/1 response (RFC 9112 4), up to where ``ResponseEnd`` continues. Values come
    /// from `HTTPField`, which allows no line break, or are ours.
    func head(version: HTTPVersion) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(Self.usualHead)
        text.append(contentsOf: (version == .http1_0 ? "HTTP/1.0 " : "HTTP/1.1 ").utf8)
        text.append(contentsOf: String(status.code).utf8)
        text.append(UInt8(ascii: " "))
        text.append(contentsOf: status.reasonPhrase.utf8)
        Self.endLine(&text)
        forEachField { name, value in
            text.append(contentsOf: name.utf8)
            text.append(UInt8(ascii: ":"))
            text.append(UInt8(ascii: " "))
            text.append(contentsOf: value.utf8)
            Self.endLine(&text)
        } security: { header in
            text.append(contentsOf: header.line)
        }
        return text
    }

    private static func endLine(_ text: inout [UInt8]) {
        text.append(UInt8(ascii: "\r"))
        text.append(UInt8(ascii: "\n"))
    }

    /// In bytes. Longer heads get more room when they need it.
    private static let usualHead = 640
}

/// Headers that every response carries (ASVS 3.4) unless its handler has set its own. They prevent that a response of
/// ours is sniffed, framed, cached or revealed to other sites by accident.
enum SecurityHeaders {
    struct Header {
        let name: HTTPField.Name
        let value: String
        /// Both as HTTP/1 writes them, including the end of the line.
        let line: [UInt8]

        fileprivate init(_ name: HTTPField.Name, _ value: String) {
            self.name = name
            self.value = value
            line = Array("\(name.rawName): \(value)\r\n".utf8)
        }
    }

    static let all = [
        Header(.xContentTypeOptions, "nosniff"),
        Header(.referrerPolicy, "no-referrer"),
        Header(.contentSecurityPolicy, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
        Header(.cacheControl, "no-store"),
        // Two years, only when the issuer is https: on http it would be ignored, or lock a developer out.
        Header(.strictTransportSecurity, "max-age=63072000"),
    ]
    private static let transport = all.count - 1

    /// The headers that a response does not have yet.
    struct Missing {
        private var bits: UInt8

        init(isIssuerSecure: Bool) {
            bits = (1 << all.count) - 1
            if !isIssuerSecure { bits &= ~(1 << transport) }
        }

        mutating func found(_ name: HTTPField.Name) {
            for (index, header) in all.enumerated() where header.name == name { bits &= ~(1 << index) }
        }

        func forEach(_ body: (Header) -> Void) {
            for (index, header) in all.enumerated() where bits & (1 << index) != 0 { body(header) }
        }
    }
}

/// The end of an HTTP/1 head: the two fields that differ for each response, and the empty line.
struct ResponseEnd {
    let requestID: RequestID
    /// IMF-fixdate.
    let date: String

    /// The space for it, in bytes.
    static let length = 80

    func append(to text: inout [UInt8]) {
        text.append(contentsOf: "X-Request-Id: ".utf8)
        requestID.append(to: &text)
        text.append(contentsOf: "\r\nDate: ".utf8)
        text.append(contentsOf: date.utf8)
        text.append(contentsOf: "\r\n\r\n".utf8)
    }

    /// The end alone.
    var bytes: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(Self.length)
        append(to: &text)
        return text
    }
}
