#if Postgres
    import Foundation
    import Glibc
    import Synchronization
    import TestSupport

    /// Stands between a node and PostgreSQL on Unix sockets. Cuts a connection after a number of bytes around what commits,
    /// or passes nothing on, as a server that hangs.
    final class CuttingProxy: Sendable {
        enum Direction: Sendable, CaseIterable { case toServer, toNode }

        private struct State {
            var stopped = false
            var frozen = false
            var cut: (direction: Direction, after: Int)?
            /// Connections that have sent what commits since ``cutNext(_:after:)``: which one, and the bytes since then.
            var counted: (connection: Int, toServer: Int, toNode: Int)?
            var hasCut = false
            var connections = 0
        }

        private let folder: TemporaryFolder
        private let listener: CInt
        private let server: String
        private let state = Mutex(State())
        /// How libpq reaches the database through it.
        let url: String

        /// - Parameter url: of the database, `host=FOLDER …`.
        init(before url: String) throws {
            folder = try TemporaryFolder()
            let words = url.utf8.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard let host = words.first, host.utf8.starts(with: "host=".utf8) else {
                throw ChildProcess.Failure(description: "no folder in \(url)")
            }
            server = String(decoding: host.utf8.dropFirst(5), as: UTF8.self) + "/.s.PGSQL.5432"
            self.url = (["host=\(folder.path)"] + words.dropFirst()).joined(separator: " ")
            listener = try Self.socket(bound: folder.file(".s.PGSQL.5432"))
            Thread { [self] in accept() }.start()
        }

        /// Cuts the connection that next commits, after so many bytes in one direction. They are counted from the first byte
        /// of the message that commits.
        func cutNext(_ direction: Direction, after bytes: Int) {
            state.withLock {
                $0.cut = (direction, bytes)
                $0.counted = nil
                $0.hasCut = false
            }
        }

        /// Forgets ``cutNext(_:after:)``.
        /// - Returns: whether it has cut.
        func disarm() -> Bool {
            state.withLock {
                $0.cut = nil
                return $0.hasCut
            }
        }

        func freeze(_ frozen: Bool) { state.withLock { $0.frozen = frozen } }

        func stop() {
            state.withLock { $0.stopped = true }
            shutdown(listener, CInt(SHUT_RDWR))
        }

        // MARK: Sockets

        private static func withAddress<Value>(
            _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
        ) -> Value {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            // Shorter than the field, which is zeroed: a temporary folder's name and ours.
            unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
            return unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }

        private static func socket(bound path: String) throws -> CInt {
            let socket = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
            guard unsafe withAddress(path, { unsafe bind(socket, $0, $1) }) == 0, listen(socket, 64) == 0 else {
                throw ChildProcess.Failure(description: "no socket at \(path)")
            }
            return socket
        }

        private func accept() {
            while true {
                let node = Glibc.accept(listener, nil, nil)
                guard node >= 0, !state.withLock(\.stopped) else { break }
                let server = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
                guard unsafe Self.withAddress(self.server, { unsafe connect(server, $0, $1) }) == 0 else {
                    close(server)
                    close(node)
                    continue
                }
                let number = state.withLock { state -> Int in
                    state.connections += 1
                    return state.connections
                }
                Thread { [self] in relay(number, node, server) }.start()
            }
            close(listener)
        }

        private func relay(_ number: Int, _ node: CInt, _ server: CInt) {
            var reader = StatementReader()
            var buffer = [UInt8](repeating: 0, count: 16384)
            relaying: while !state.withLock(\.stopped) {
                if state.withLock(\.frozen) {
                    usleep(10_000)
                    continue
                }
                var sockets = [
                    pollfd(fd: node, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: server, events: Int16(POLLIN), revents: 0),
                ]
                // Not longer, so that a stop is noticed.
                guard unsafe poll(&sockets, 2, 50) > 0, !state.withLock(\.frozen) else { continue }
                for (direction, from, to, socket) in [
                    (Direction.toServer, node, server, sockets[0]), (.toNode, server, node, sockets[1]),
                ] where socket.revents != 0 {
                    let count = unsafe read(from, &buffer, buffer.count)
                    guard count > 0 else { break relaying }
                    let bytes = Array(buffer[..<count])
                    let commit = direction == .toServer ? reader.placeOfCommit(in: bytes) : nil
                    let (passing, cuts) = pass(bytes.count, direction, number, commit: commit)
                    var sent = 0
                    while sent < passing {
                        let count = unsafe bytes[sent..<passing].withUnsafeBytes {
                            unsafe send(to, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                        }
                        guard count > 0 else { break relaying }
                        sent += count
                    }
                    if cuts { break relaying }
                }
            }
            close(node)
            close(server)
        }

        /// How many of these bytes go on, and whether the connection is cut after them.
        private func pass(
            _ count: Int, _ direction: Direction, _ number: Int, commit: Int?
        ) -> (passing: Int, cuts: Bool) {
            state.withLock { state in
                guard let cut = state.cut, !state.hasCut else { return (count, false) }
                var before = 0
                if state.counted == nil, let commit {
                    state.counted = (number, 0, 0)
                    before = commit
                }
                guard var counted = state.counted, counted.connection == number else { return (count, false) }
                let known = direction == .toServer ? counted.toServer : counted.toNode
                let left = cut.after - known + before
                if cut.direction == direction, left < count {
                    state.hasCut = true
                    return (max(0, left), true)
                }
                if direction == .toServer { counted.toServer += count - before } else { counted.toNode += count }
                state.counted = counted
                // Cut before the first byte of the answer.
                if cut.direction == .toNode, cut.after == 0 {
                    state.hasCut = true
                    return (direction == .toServer ? count : 0, true)
                }
                return (count, false)
            }
        }
    }

    /// Finds in what a node sends the messages that commit: COMMIT itself, and the hot lane's one statement.
    private struct StatementReader {
        private var bytes: [UInt8] = []
        /// Whether the first message was read, which has no type.
        private var hasBegun = false
        private var committing: Set<[UInt8]> = []

        /// Where in `chunk` the first message begins that commits.
        mutating func placeOfCommit(in chunk: [UInt8]) -> Int? {
            let old = bytes.count
            bytes += chunk
            var place: Int?
            var start = 0
            while let end = messageEnd(start) {
                if hasBegun, commits(Array(bytes[start..<end])), place == nil { place = max(0, start - old) }
                hasBegun = true
                start = end
            }
            bytes.removeFirst(start)
            return place
        }

        private func messageEnd(_ start: Int) -> Int? {
            let header = hasBegun ? 1 : 0
            guard bytes.count >= start + header + 4 else { return nil }
            let length = bytes[(start + header)..<(start + header + 4)].reduce(0) { $0 << 8 | Int($1) }
            let end = start + header + length
            return bytes.count >= end ? end : nil
        }

        private mutating func commits(_ message: [UInt8]) -> Bool {
            let fields = message.dropFirst(5).split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return false }
            switch message[0] {
            case UInt8(ascii: "P"):
                if fields[1].elementsEqual("COMMIT".utf8) { return true }
                if fields[1].starts(with: "WITH locked".utf8) { committing.insert(Array(fields[0])) }
                return false
            case UInt8(ascii: "B"): return committing.contains(Array(fields[1]))
            default: return false
            }
        }
    }
#endif
