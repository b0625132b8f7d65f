import Glibc

/// One keep-alive HTTP/1.1 connection without blocking calls, for a thread that drives hundreds of them.
///
/// Reads what this server sends and nothing else, as ``HTTPConnection`` does.
final class PacedConnection {
    private let port: UInt16
    private let source: SourceAddress
    private(set) var descriptor: Int32 = -1
    private var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    private var filled = 0
    private var bodyStart = 0
    /// Of head and body together; 0 while the head is incomplete.
    private var total = 0
    private var status = 0

    /// What is under way: when it was due, in the stopwatch's nanoseconds.
    var errand: Errand?
    var due: UInt64 = 0
    /// When the last answer came.
    var lastUse: UInt64 = 0

    private static let longestAnswer = 16 * 1024 * 1024
    private static let lengthName = Array("\r\ncontent-length:".utf8)

    /// - Throws: ``BenchFailure`` when nothing listens.
    init(port: UInt16, from source: SourceAddress) throws {
        self.port = port
        self.source = source
        try connect()
    }

    deinit { close(descriptor) }

    /// Takes a new connection in place of one that broke.
    func reconnect() throws {
        close(descriptor)
        try connect()
    }

    /// Whether the server has closed it. Ask only while no answer is due.
    var isClosed: Bool {
        var byte: UInt8 = 0
        // Fills our local, one byte.
        let count = unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK))
        return count == 0 || (count < 0 && errno != EAGAIN)
    }

    /// Sends the whole request: requests are smaller than the empty buffer of a socket.
    func send(_ request: [UInt8]) throws {
        filled = 0
        bodyStart = 0
        total = 0
        // Reads the array, all of it.
        let count = unsafe request.withUnsafeBytes { raw in
            unsafe Glibc.send(descriptor, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL))
        }
        guard count == request.count else { throw BenchFailure("The connection broke while sending: error \(errno).") }
    }

    /// Takes what has arrived.
    /// - Returns: the answer once it is whole; valid until the next request.
    func receive() throws -> Answer? {
        if filled == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
        let filled = filled
        // Writes inside the array: from `filled` to its end.
        let count = unsafe buffer.withUnsafeMutableBytes { raw in
            unsafe recv(descriptor, raw.baseAddress?.advanced(by: filled), raw.count - filled, 0)
        }
        if count < 0, errno == EAGAIN { return nil }
        guard count > 0 else {
            throw BenchFailure(count == 0 ? "The server closed the connection." : "No answer: error \(errno).")
        }
        self.filled += count
        if total == 0 { try readHead(from: max(0, filled - 3)) }
        guard total > 0, self.filled >= total else { return nil }
        guard self.filled == total else { throw BenchFailure("More bytes than the answer says.") }
        return Answer(status: status, body: buffer[bodyStart..<total])
    }

    private func readHead(from start: Int) throws {
        var index = start
        while index + 3 < filled {
            if buffer[index] == 13, buffer[index + 1] == 10, buffer[index + 2] == 13, buffer[index + 3] == 10 { break }
            index += 1
        }
        guard index + 3 < filled else { return }
        bodyStart = index + 4
        // "HTTP/1.1 200"
        let digits = (9..<12).map { Int(buffer[$0]) - 48 }
        guard bodyStart > 12, digits.allSatisfy({ (0...9).contains($0) }) else { throw BenchFailure("Not HTTP.") }
        status = digits[0] * 100 + digits[1] * 10 + digits[2]
        total = bodyStart + (status == 304 || status == 204 ? 0 : try contentLength())
    }

    private func contentLength() throws -> Int {
        let name = Self.lengthName
        var start = 0
        while start + name.count < bodyStart {
            if buffer[start] == 13, zip(buffer[start...], name).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) {
                var value = 0
                var index = start + name.count
                while buffer[index] == 32 { index += 1 }
                while (48...57).contains(buffer[index]), value < Self.longestAnswer {
                    value = value * 10 + Int(buffer[index] - 48)
                    index += 1
                }
                return value
            }
            start += 1
        }
        throw BenchFailure("An answer without Content-Length.")
    }

    private func connect() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw BenchFailure("No socket: error \(errno).") }
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var local = Self.address(source, port: 0)
        var remote = Self.address(.loopback, port: port)
        // Both calls read our locals for their own length only; sockaddr_in is a sockaddr.
        let isBound = unsafe withUnsafePointer(to: &local) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, size) == 0 }
        }
        let isConnected = unsafe withUnsafePointer(to: &remote) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, size) == 0
            }
        }
        guard isBound, isConnected else { throw BenchFailure("Nothing answers: error \(errno).") }
        var on: Int32 = 1
        // The option is an int, and ours.
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        guard fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0 else {
            throw BenchFailure("The socket does not stop blocking: error \(errno).")
        }
    }

    private static func address(_ source: SourceAddress, port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(source.value).bigEndian
        return address
    }
}
