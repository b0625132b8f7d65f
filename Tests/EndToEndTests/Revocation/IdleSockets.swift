import Foundation
import Glibc
import TestSupport
import Waiting

/// Very many client sockets of a test, each with one request on its way: too many for an HTTP client, and from several
/// loopback addresses, since the server bounds the connections of one. Every call blocks, so each runs on a thread of its
/// own: the tests beside it need theirs.
final class IdleSockets: Sendable {
    private static let perAddress = 900
    private let descriptors: [CInt]

    private init(_ descriptors: [CInt]) { self.descriptors = descriptors }

    /// Connects `count` sockets to a port of 127.0.0.1 and sends `request` on each.
    /// - Throws: `ChildProcess.Failure` naming the call that failed.
    static func open(_ count: Int, port: Int, request: String) async throws -> IdleSockets {
        try await OwnThread.run("sockets") { IdleSockets(try connect(count, port: port, request: request)) }
    }

    private static func connect(_ count: Int, port: Int, request: String) throws -> [CInt] {
        var descriptors: [CInt] = []
        let bytes = Array(request.utf8)
        for number in 0..<count {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { throw Self.failure("socket", number) }
            descriptors.append(descriptor)
            var source = Self.address(host: UInt8(2 + number / Self.perAddress), port: 0)
            var target = Self.address(host: 1, port: port)
            // Both calls read the local structure for their length only.
            let bound = unsafe withUnsafePointer(to: &source) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard bound == 0 else { throw Self.failure("bind", number) }
            let connected = unsafe withUnsafePointer(to: &target) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard connected == 0 else { throw Self.failure("connect", number) }
            let sent = unsafe bytes.withUnsafeBytes {
                unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent == bytes.count else { throw Self.failure("send", number) }
        }
        return descriptors
    }

    deinit { for descriptor in descriptors { close(descriptor) } }

    /// How many of them get an answer with status 200 before anything else. Waits at most a minute for each.
    func answered() async throws -> Int {
        try await OwnThread.run("sockets") { [descriptors] in Self.answered(descriptors) }
    }

    private static func answered(_ descriptors: [CInt]) -> Int {
        descriptors.filter { descriptor in
            var timeout = timeval(tv_sec: 600, tv_usec: 0)
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
            var buffer = [UInt8](repeating: 0, count: 512)
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            return buffer.prefix(max(0, count)).starts(with: "HTTP/1.1 200 ".utf8)
        }
        .count
    }

    /// Makes room for `count` descriptors in this process.
    /// - Returns: whether the system allows it.
    static func makeRoom(for count: Int) -> Bool {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return false }
        let wanted = rlim_t(count + 1024)
        guard limit.rlim_cur < wanted else { return true }
        guard limit.rlim_max >= wanted else { return false }
        limit.rlim_cur = wanted
        return unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    }

    private static func address(host: UInt8, port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = (0x7F00_0000 | UInt32(host)).bigEndian
        return address
    }

    private static func failure(_ call: String, _ number: Int) -> ChildProcess.Failure {
        ChildProcess.Failure(description: "\(call) of socket \(number): error \(errno)")
    }
}
