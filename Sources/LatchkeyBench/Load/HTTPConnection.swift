import Glibc

/// One keep-alive HTTP/1.1 connection with blocking calls and no pipelining.
///
/// Not a client for general use: it reads what this server sends, and says so when it meets anything else. It costs a few
/// microseconds a request, so that a handful of threads can load the server without taking its processors.
///
/// Not Sendable: it belongs to the thread that opened it.
final class HTTPConnection {
    /// A longer answer is a mistake somewhere.
    private static let longestAnswer = 256 * 1024 * 1024

    private let descriptor: Int32
    private var buffer: [UInt8]
    private var filled = 0
    private var bodyStart = 0

    /// - Throws: ``BenchFailure`` when nobody listens.
    init(_ endpoint: Endpoint) throws {
        descriptor = try SocketConnect.open(endpoint)
        buffer = Array(repeating: 0, count: 64 * 1024)
    }

    deinit { close(descriptor) }

    /// The last answer's body; valid until the next exchange.
    var body: ArraySlice<UInt8> { buffer[bodyStart..<filled] }

    /// The last answer's head as text.
    var head: String { String(decoding: buffer[..<bodyStart], as: UTF8.self) }

    /// Sends a whole request and reads the whole answer.
    /// - Returns: the status.
    /// - Throws: ``BenchFailure`` when the connection breaks, stays silent, or the answer cannot be read.
    func exchange(_ request: [UInt8]) throws -> Int {
        try send(request)
        filled = 0
        bodyStart = 0
        var scanned = 0
        while true {
            try receive()
            if let end = headEnd(from: scanned) {
                bodyStart = end
                break
            }
            scanned = max(0, filled - 3)
        }
        let status = try self.status()
        let total = bodyStart + (status == 304 || status == 204 ? 0 : try contentLength())
        guard total <= Self.longestAnswer else { throw BenchFailure("An answer of \(total) bytes.") }
        if total > buffer.count { buffer.append(contentsOf: repeatElement(0, count: total - buffer.count)) }
        while filled < total { try receive() }
        guard filled == total else { throw BenchFailure("More bytes than the answer says.") }
        return status
    }

    /// As ``exchange(_:)``, for the one status that counts as success.
    func exchange(_ request: [UInt8], expecting expected: Int) throws {
        let status = try exchange(request)
        guard status == expected else {
            throw BenchFailure(
                "Status \(status) instead of \(expected): \(String(decoding: body.prefix(300), as: UTF8.self))")
        }
    }

    private func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            // Reads inside the array: from `sent` to its end.
            let count = unsafe bytes.withUnsafeBytes { raw in
                unsafe Glibc.send(
                    descriptor, raw.baseAddress?.advanced(by: sent), raw.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw BenchFailure("The connection broke while sending: error \(errno).") }
            sent += count
        }
    }

    private func receive() throws {
        if filled == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
        let filled = filled
        // Writes inside the array: from `filled` to its end.
        let count = unsafe buffer.withUnsafeMutableBytes { raw in
            unsafe recv(descriptor, raw.baseAddress?.advanced(by: filled), raw.count - filled, 0)
        }
        guard count > 0 else {
            throw BenchFailure(count == 0 ? "The server closed the connection." : "No answer: error \(errno).")
        }
        self.filled += count
    }

    /// Behind the empty line that ends the head.
    private func headEnd(from start: Int) -> Int? {
        var index = start
        while index + 3 < filled {
            if buffer[index] == 13, buffer[index + 1] == 10, buffer[index + 2] == 13, buffer[index + 3] == 10 {
                return index + 4
            }
            index += 1
        }
        return nil
    }

    private func status() throws -> Int {
        // "HTTP/1.1 200"
        let digits = buffer[9..<12].map { Int($0) - 48 }
        guard bodyStart > 12, digits.allSatisfy({ (0...9).contains($0) }) else { throw BenchFailure("Not HTTP.") }
        return digits[0] * 100 + digits[1] * 10 + digits[2]
    }

    private func contentLength() throws -> Int {
        let name = Self.contentLengthName
        var line = 0
        while line < bodyStart {
            if line + name.count < bodyStart, zip(buffer[line...], name).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) {
                return try number(at: line + name.count)
            }
            while line < bodyStart, buffer[line] != 10 { line += 1 }
            line += 1
        }
        throw BenchFailure("An answer without Content-Length.")
    }

    private static let contentLengthName = Array("content-length:".utf8)

    private func number(at start: Int) throws -> Int {
        var index = start
        while buffer[index] == 32 { index += 1 }
        var value = 0
        while (48...57).contains(buffer[index]), value < Self.longestAnswer {
            value = value * 10 + Int(buffer[index] - 48)
            index += 1
        }
        guard buffer[index] == 13 else { throw BenchFailure("A Content-Length that is no number.") }
        return value
    }
}

/// The bytes of a request.
enum HTTPRequest {
    static func get(_ path: String, fields: [String] = []) -> [UInt8] {
        Array((["GET \(path) HTTP/1.1", "Host: localhost"] + fields + ["", ""]).joined(separator: "\r\n").utf8)
    }

    static func post(_ path: String, type: String, body: String) -> [UInt8] {
        let head = [
            "POST \(path) HTTP/1.1", "Host: localhost", "Content-Type: \(type)", "Content-Length: \(body.utf8.count)",
        ]
        return Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }
}

extension HTTPConnection {
    /// The text of the JSON member `name` of the last answer. Only for values without escapes, as tokens are.
    func text(of name: String) throws -> String {
        let key = Array("\"\(name)\":\"".utf8)
        guard let range = body.firstRange(of: key) else { throw BenchFailure("The answer has no member \(name).") }
        return String(decoding: body[range.upperBound...].prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }
}

/// Where the server listens: nothing but this machine.
enum Endpoint: Sendable {
    /// A port of 127.0.0.1.
    case loopback(port: UInt16)
    /// A socket in the file system, at most 107 bytes.
    case unixSocket(path: String)
}
