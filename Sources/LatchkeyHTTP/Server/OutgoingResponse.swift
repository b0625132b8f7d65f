import HTTPTypes
package import NIOCore
package import NIOHTTP1

/// A response ready for the wire: the handler's fields and those that every response has.
package struct OutgoingResponse: Sendable {
    package let status: HTTPResponseStatus
    /// All but ``requestID`` and ``date``, `Content-Length` included.
    package private(set) var fields: HTTPHeaders
    package let body: ByteBuffer
    /// Each answer's own, even where all else is as before.
    let requestID: RequestID
    /// IMF-fixdate.
    let date: String
    /// Present when the same bytes may be answered with this again.
    let reuse: Reuse?

    /// What ``AnswerCache`` has to know beside the bytes.
    struct Reuse: Sendable {
        let isCurrent: @Sendable () -> Bool
        let observation: RequestMetrics.Series
    }

    /// - Parameters:
    ///   - extra: what the layers around the handler add. `Vary` adds to the handler's own; the others are not in it.
    ///   - omitsBody: for `HEAD`: the fields stay as they are, `Content-Length` of what `GET` would have got.
    init(
        _ response: Response, extra: HTTPFields, isIssuerSecure: Bool, omitsBody: Bool, requestID: RequestID,
        date: String, reuse: Reuse?
    ) {
        status = HTTPResponseStatus(statusCode: response.status.code, reasonPhrase: response.status.reasonPhrase)
        let hasNoBody = response.status == .noContent || response.status == .notModified
        body = omitsBody || hasNoBody ? ByteBuffer() : response.body
        self.requestID = requestID
        self.date = date
        self.reuse = reuse
        fields = HTTPHeaders()
        fields.reserveCapacity(response.headers.count + extra.count + SecurityHeaders.all.count + 3)
        var vary = extra.first { $0.name == .vary }?.value
        var missing = SecurityHeaders.Missing(isIssuerSecure: isIssuerSecure)
        for field in response.headers {
            missing.found(field.name)
            guard field.name == .vary, let more = vary else {
                fields.add(name: field.name.rawName, value: field.value)
                continue
            }
            fields.add(name: "Vary", value: "\(field.value), \(more)")
            vary = nil
        }
        for field in extra where field.name != .vary { fields.add(name: field.name.rawName, value: field.value) }
        if let vary { fields.add(name: "Vary", value: vary) }
        missing.forEach { fields.add(name: $0, value: $1) }
        if !hasNoBody { fields.add(name: "Content-Length", value: String(response.body.readableBytes)) }
    }

    /// All fields, for wires that take them one by one.
    var allFields: HTTPHeaders {
        var all = fields
        all.add(name: "X-Request-Id", value: requestID.description)
        all.add(name: "Date", value: date)
        return all
    }
}

/// Headers that every response carries (ASVS 3.4) unless its handler has set its own: nothing of ours is to be sniffed,
/// framed, cached or told to other sites by accident.
enum SecurityHeaders {
    static let all: [(name: HTTPField.Name, value: String)] = [
        (.xContentTypeOptions, "nosniff"),
        (.referrerPolicy, "no-referrer"),
        (
            .contentSecurityPolicy,
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
        ),
        (.cacheControl, "no-store"),
        // Two years, only when the issuer is https: on http it would be ignored, or lock a developer out.
        (.strictTransportSecurity, "max-age=63072000"),
    ]
    private static let transport = all.count - 1

    /// Those that a response does not have yet.
    struct Missing {
        private var bits: UInt8

        init(isIssuerSecure: Bool) {
            bits = (1 << all.count) - 1
            if !isIssuerSecure { bits &= ~(1 << transport) }
        }

        mutating func found(_ name: HTTPField.Name) {
            for (index, header) in all.enumerated() where header.name == name { bits &= ~(1 << index) }
        }

        func forEach(_ body: (_ name: String, _ value: String) -> Void) {
            for (index, header) in all.enumerated() where bits & (1 << index) != 0 {
                body(header.name.rawName, header.value)
            }
        }
    }
}

extension ByteBuffer {
    /// Status line and fields of an HTTP/1 response (RFC 9112 4), up to where ``writeResponseEnd(requestID:date:)`` goes
    /// on. Values come from `HTTPField`, which lets no line break in, or are ours.
    mutating func writeResponseHead(version: HTTPVersion, status: HTTPResponseStatus, fields: HTTPHeaders) {
        writeString(version == .http1_0 ? "HTTP/1.0 " : "HTTP/1.1 ")
        writeString(String(status.code))
        writeString(" ")
        writeString(status.reasonPhrase)
        writeString("\r\n")
        for (name, value) in fields {
            writeString(name)
            writeString(": ")
            writeString(value)
            writeString("\r\n")
        }
    }

    /// The two fields that are each answer's own, and the empty line.
    mutating func writeResponseEnd(requestID: RequestID, date: String) {
        writeString("X-Request-Id: ")
        requestID.write(to: &self)
        writeString("\r\nDate: ")
        writeString(date)
        writeString("\r\n\r\n")
    }
}
