#if Postgres
    import Foundation
    import Glibc
    import Synchronization
    import TestSupport
    import Waiting

    /// Stands between one node and PostgreSQL, on a Unix socket of its own, and can hold everything up.
    final class SocketRelay: Sendable {
        private let folder: TemporaryFolder
        private let target: String
        /// Of what libpq is told, what is not the server's place.
        private let rest: String
        private let listening: CInt
        private let held = Atomic<Bool>(false)
        private let closed = Atomic<Bool>(false)

        /// - Parameter database: how libpq reaches it, by a socket's folder.
        init(_ database: String) throws {
            folder = try TemporaryFolder()
            let words = database.split(separator: " ").map(String.init)
            let host = words.first { $0.hasPrefix("host=") }.map { String($0.dropFirst(5)) } ?? ""
            target = host + "/.s.PGSQL.5432"
            rest = words.filter { !$0.hasPrefix("host=") }.joined(separator: " ")
            let path = folder.file(".s.PGSQL.5432")
            listening = try unsafe Self.socket(path) { unsafe Glibc.bind($0, $1, $2) }
            guard Glibc.listen(listening, 64) == 0 else { throw ChildProcess.Failure(description: "cannot listen") }
            OwnThread.start("relay") { self.accept() }
        }

        /// How libpq reaches the database through this.
        var database: String { "host=\(folder.path) \(rest)" }

        /// Nothing passes from now on; nothing is lost.
        func hold() { held.store(true, ordering: .sequentiallyConsistent) }
        func release() { held.store(false, ordering: .sequentiallyConsistent) }

        func close() {
            closed.store(true, ordering: .sequentiallyConsistent)
            release()
            _ = Glibc.shutdown(listening, CInt(SHUT_RDWR))
        }

        private func accept() {
            while !closed.load(ordering: .sequentiallyConsistent) {
                let client = Glibc.accept(listening, nil, nil)
                guard client >= 0 else { break }
                guard let server = try? unsafe Self.socket(target, { unsafe Glibc.connect($0, $1, $2) }) else {
                    _ = Glibc.close(client)
                    continue
                }
                OwnThread.start("relay-in") { self.copy(client, server) }
                OwnThread.start("relay-out") { self.copy(server, client) }
            }
            _ = Glibc.close(listening)
        }

        private func copy(_ from: CInt, _ to: CInt) {
            var bytes = [UInt8](repeating: 0, count: 16384)
            while true {
                // The array lives for the call, which fills at most its places.
                let count = unsafe Glibc.read(from, &bytes, bytes.count)
                guard count > 0 else { break }
                while held.load(ordering: .sequentiallyConsistent) { usleep(1000) }
                var sent = 0
                while sent < count {
                    let more = unsafe bytes.withUnsafeBytes { raw in
                        unsafe Glibc.send(to, raw.baseAddress?.advanced(by: sent), count - sent, CInt(MSG_NOSIGNAL))
                    }
                    guard more > 0 else { break }
                    sent += more
                }
                guard sent == count else { break }
            }
            _ = Glibc.shutdown(from, CInt(SHUT_RDWR))
            _ = Glibc.shutdown(to, CInt(SHUT_RDWR))
        }

        private static func socket(
            _ path: String, _ use: (CInt, UnsafePointer<sockaddr>, socklen_t) -> CInt
        ) throws -> CInt {
            let socket = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let name = Array(path.utf8)
            guard name.count < MemoryLayout.size(ofValue: address.sun_path) else {
                throw ChildProcess.Failure(description: "the path of a socket is too long")
            }
            // The structure's own bytes, which are as long as was just checked.
            unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
            let result = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe use(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            guard result == 0 else { throw ChildProcess.Failure(description: "no socket at \(path)") }
            return socket
        }
    }
#endif
