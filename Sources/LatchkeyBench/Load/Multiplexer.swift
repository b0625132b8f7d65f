import Glibc

/// Many connections on the calling thread, by poll(2).
///
/// The sockets stay blocking: reads follow the kernel's word that there is something, and a request fits into the
/// socket's buffer.
struct Multiplexer {
    /// No request begins later.
    let end: UInt64

    /// Silence of all connections for so long is a failure of each.
    private static let patienceMilliseconds: Int32 = 20_000

    /// Returns when no answer is awaited any more.
    func drive<Client: LoadClient>(_ places: inout [LoadPlace<Client>]) throws {
        // The kernel passes over a negative descriptor: that place awaits nothing.
        var waits = [pollfd](repeating: pollfd(fd: -1, events: Int16(POLLIN), revents: 0), count: places.count)
        for index in places.indices where begin(&places[index], Stopwatch.now()) {
            waits[index].fd = places[index].connection.descriptor
        }
        while waits.contains(where: { $0.fd >= 0 }) {
            // Reads and writes as many entries as the array has.
            let count = unsafe poll(&waits, nfds_t(waits.count), Self.patienceMilliseconds)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw BenchFailure("Waiting failed: error \(errno).") }
            guard count != 0 else {
                for index in places.indices where waits[index].fd >= 0 {
                    places[index].fail(BenchFailure("No connection got an answer."))
                }
                return
            }
            for index in waits.indices where waits[index].fd >= 0 && waits[index].revents != 0 {
                let awaits = try advance(&places[index])
                waits[index].fd = awaits ? places[index].connection.descriptor : -1
            }
        }
    }

    /// - Returns: whether the place awaits an answer.
    private func advance<Client: LoadClient>(_ place: inout LoadPlace<Client>) throws -> Bool {
        do {
            guard let now = try place.receive() else { return true }
            return begin(&place, now)
        } catch {
            place.fail(error)
            try place.reconnect()
            return begin(&place, Stopwatch.now())
        }
    }

    private func begin<Client: LoadClient>(_ place: inout LoadPlace<Client>, _ now: UInt64) -> Bool {
        guard now < end, !place.hasGivenUp else { return false }
        do {
            try place.send(at: now)
            return true
        } catch {
            place.fail(error)
            return false
        }
    }
}
