import Glibc

/// One keep-alive HTTP/1.1 connection with blocking calls and no pipelining.
///
/// Not a client for general use: it reads what this server sends, and says so when it meets anything else. It costs a few
/// microseconds a request, so that the load takes little of the processors that it shares with the server.
///
/// Not Sendable: it belongs to the thread that opened it.
final class HTTPConnection {
    /// A longer answer is a mistake somewhere.
    private static let longestAnswer = 256 * 1024 * 1024

    /// For code that waits for several at a time.
    let descriptor: Int32
    private var buffer: [UInt8]
    private var filled = 0
    private var bodyStart = 0
    /// Length of the whole answer, once its head was read.
    private var total: Int?
    private var status = 0

    /// - Throws: ``BenchFailure`` when nothing listens.
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
        while true {
            if let status = try receive() { return status }
        }
    }

    /// As ``exchange(_:)``, for the one status that counts as success.
    func exchange(_ request: [UInt8], expecting expected: Int) throws {
        try check(try exchange(request), expecting: expected)
    }

    /// - Throws: ``BenchFailure`` with the start of the last answer when its status is another.
    func check(_ status: Int, expecting expected: Int) throws {
        guard status == expected else {
            throw BenchFailure(
                "Status \(status) instead of \(expected): \(String(decoding: body.prefix(300), as: UTF8.self))")
        }
    }

    /// Sends a whole request; ``receive()`` then reads its answer.
    func send(_ bytes: [UInt8]) throws {
        filled = 0
        bodyStart = 0
        total = nil
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

    /// Reads once, and waits when nothing is there.
    /// - Returns: the status once the answer is whole.
    func receive() throws -> Int? {
        let scanned = max(0, filled - 3)
        try fill()
        if total == nil {
            guard let end = headEnd(from: scanned) else { return nil }
            bodyStart = end
            try readHead()
        }
        guard let total, filled >= total else { return nil }
        guard filled == total else { throw BenchFailure("More bytes than the answer says.") }
        return status
    }

    private func readHead() throws {
        status = try statusCode()
        let length = bodyStart + (status == 304 || status == 204 ? 0 : try contentLength())
        guard length <= Self.longestAnswer else { throw BenchFailure("An answer of \(length) bytes.") }
        if length > buffer.count { buffer.append(contentsOf: repeatElement(0, count: length - buffer.count)) }
        total = length
    }

    private func fill() throws {
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

    private func statusCode() throws -> Int {
        // "HTTP/1.1 200"
        let digits = (9..<12).map { Int(buffer[$0]) - 48 }
        guard bodyStart > 12, digits.allSatisfy({ (0...9).contains($0) }) else { throw BenchFailure("Not HTTP.") }
        return digits[0] * 100 + digits[1] * 10 + digits[2]
    }

    private func contentLength() throws -> Int {
        let name = Self.contentLengthName
        var line = 0
        while line + name.count < bodyStart {
            var matched = 0
            while matched < name.count, buffer[line + matched] | 0x20 == name[matched] | 0x20 { matched += 1 }
            if matched == name.count { return try number(at: line + matched) }
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
        guard buffer[index] == 13 else { throw BenchFailure("A Content-Length that is not a number.") }
        return value
    }
}

extension HTTPConnection {
    /// The text of the JSON member `name` of the last answer. Only for values without escapes, as tokens are.
    func text(of name: String) throws -> String {
        String(decoding: try bytes(behind: Array("\"\(name)\":\"".utf8)), as: UTF8.self)
    }

    /// What stands in the last answer's body between `key` and the next quotation mark.
    ///
    /// A loop of its own: the library's search took longer than the rest of the exchange.
    func bytes(behind key: [UInt8]) throws -> ArraySlice<UInt8> {
        let body = body
        var start = body.startIndex
        while start + key.count <= body.endIndex {
            var matched = 0
            while matched < key.count, body[start + matched] == key[matched] { matched += 1 }
            if matched == key.count {
                start += matched
                var end = start
                while end < body.endIndex, body[end] != UInt8(ascii: "\"") { end += 1 }
                return body[start..<end]
            }
            start += 1
        }
        throw BenchFailure("The answer has no \(String(decoding: key, as: UTF8.self))")
    }

    /// The value of a header field of the last answer.
    func field(_ name: String) -> String? {
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix(name.lowercased() + ":") {
            return line.dropFirst(name.count + 1).trimmingPrefix(" ").description
        }
        return nil
    }
}

/// Where the server listens: nothing but this machine.
enum Endpoint: Sendable {
    /// A port of 127.0.0.1.
    case loopback(port: UInt16)
    /// A socket in the file system, at most 107 bytes.
    case unixSocket(path: String)
}
