import Foundation
import Glibc
import LatchkeyTokens
import Waiting

/// What came back over a bare socket.
struct RawAnswer: Sendable {
    let status: Int
    let head: String
    let body: String

    /// The first value of a field, by any case of its name.
    subscript(field name: String) -> String? {
        head.split(separator: "\r\n").dropFirst()
            .map { $0.split(separator: ":", maxSplits: 1) }
            .first { $0.count == 2 && $0[0].lowercased() == name.lowercased() }
            .map { $0[1].trimmingCharacters(in: .whitespaces) }
    }

    /// A text member of the JSON object in the body.
    subscript(_ member: String) -> String? {
        (try? StrictJSON.parse(Array(body.utf8)))?.object?[member]?.string
    }
}

/// One request in exactly the bytes given, which no HTTP library would send, and all that comes back until the server
/// closes.
enum RawExchange {
    struct Failure: Error { let call: String }

    /// - Parameters:
    ///   - base: as `http://127.0.0.1:PORT`.
    ///   - head: request line and fields, each line without its end; `Host` and `Connection: close` are added.
    static func send(_ head: [String], body: [UInt8] = [], to base: String) async throws -> RawAnswer {
        let lines = head + ["Host: localhost", "Connection: close", "", ""]
        return try await send(Array(lines.joined(separator: "\r\n").utf8) + body, to: base)
    }

    static func send(_ bytes: [UInt8], to base: String) async throws -> RawAnswer {
        guard let port = URL(string: base)?.port else { throw Failure(call: "port of \(base)") }
        // The calls block, so they get a thread that nobody else waits for.
        return try await OwnThread.run("raw-exchange") { try blocking(bytes, port: port) }
    }

    private static func blocking(_ bytes: [UInt8], port: Int) throws -> RawAnswer {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var timeout = timeval(tv_sec: 600, tv_usec: 0)
        // The calls below read or fill locals and arrays of the given length, for the time of the call only.
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(call: "connect") }
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            // A server that has refused already may close before it has everything.
            guard count > 0 else { break }
            sent += count
        }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            received += buffer.prefix(count)
        }
        return try answer(received)
    }

    private static func answer(_ received: [UInt8]) throws -> RawAnswer {
        let text = String(decoding: received, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n"),
            let status = text.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap({ Int($0) })
        else { throw Failure(call: "answer: \(text.prefix(200))") }
        return RawAnswer(status: status, head: String(text[..<end.lowerBound]), body: String(text[end.upperBound...]))
    }
}
