import Glibc

/// The connections of a ``DelayedLine``, on one thread.
///
/// All that is under way stands in one queue: everything waits equally long, so what came first is due first.
struct DelayedTraffic {
    private let listener: Int32
    private let target: Endpoint
    /// Nanoseconds.
    private let delay: UInt64
    /// The other end of each open socket.
    private var peers: [Int32: Int32] = [:]
    /// The listener first, then every socket that is read.
    private var waits: [pollfd]
    private var queue: [Parcel] = []
    /// The first of the queue that is still under way.
    private var next = 0
    private var buffer = [UInt8](repeating: 0, count: 64 * 1024)

    /// Bytes on their way.
    private struct Parcel {
        let arrived: UInt64
        let receiver: Int32
        /// None: the sender has closed.
        let bytes: [UInt8]
    }

    /// Delivered parcels that may stand in the queue until it is moved up.
    private static let mostDelivered = 1000
    /// The longest rest, so that the thread hears of its end.
    private static let longestRest: UInt64 = 50_000_000

    init(listener: Int32, target: String, delay: UInt64) {
        self.listener = listener
        self.target = .unixSocket(path: target)
        self.delay = delay
        waits = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
    }

    /// Waits until something arrives or is due, and moves it.
    /// - Returns: how many nanoseconds each parcel that was passed on had been here.
    mutating func turn() -> [UInt64] {
        rest()
        for wait in waits where wait.revents != 0 {
            if wait.fd == listener { accept() } else if peers[wait.fd] != nil { receive(wait.fd) }
        }
        return deliver()
    }

    /// Closes everything, the listener too.
    mutating func close() {
        for descriptor in peers.keys { Glibc.close(descriptor) }
        Glibc.close(listener)
    }

    private mutating func rest() {
        let now = Stopwatch.now()
        let due = next < queue.count ? queue[next].arrived + delay : .max
        let left = due > now ? min(due - now, Self.longestRest) : 0
        var time = timespec(tv_sec: 0, tv_nsec: Int(left))
        // Reads and fills the array, all of it; no signal mask.
        let count = unsafe waits.withUnsafeMutableBufferPointer { buffer in
            unsafe FinePoll.wait(buffer.baseAddress, nfds_t(buffer.count), &time, nil)
        }
        // After a failure the array says what it said before.
        if count < 0 { for index in waits.indices { waits[index].revents = 0 } }
    }

    private mutating func accept() {
        let caller = Glibc.accept(listener, nil, nil)
        guard caller >= 0 else { return }
        // Not for the programs that are started meanwhile.
        _ = fcntl(caller, F_SETFD, FD_CLOEXEC)
        guard let called = try? SocketConnect.open(target) else {
            Glibc.close(caller)
            return
        }
        peers[caller] = called
        peers[called] = caller
        for descriptor in [caller, called] {
            waits.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
    }

    private mutating func receive(_ descriptor: Int32) {
        guard let receiver = peers[descriptor] else { return }
        // Writes inside the array.
        let count = unsafe buffer.withUnsafeMutableBytes { raw in
            unsafe recv(descriptor, raw.baseAddress, raw.count, Int32(MSG_DONTWAIT))
        }
        guard count >= 0 || errno != EAGAIN && errno != EINTR else { return }
        if count <= 0 { waits.removeAll { $0.fd == descriptor || $0.fd == receiver } }
        queue.append(
            Parcel(arrived: Stopwatch.now(), receiver: receiver, bytes: Array(buffer.prefix(max(0, count)))))
    }

    private mutating func deliver() -> [UInt64] {
        var passed: [UInt64] = []
        while next < queue.count {
            let parcel = queue[next]
            let now = Stopwatch.now()
            guard parcel.arrived + delay <= now else { break }
            next += 1
            if !parcel.bytes.isEmpty, send(parcel) { passed.append(now - parcel.arrived) } else { end(parcel.receiver) }
        }
        if next == queue.count || next > Self.mostDelivered {
            queue.removeFirst(next)
            next = 0
        }
        return passed
    }

    private func send(_ parcel: Parcel) -> Bool {
        var sent = 0
        while sent < parcel.bytes.count {
            // Reads inside the array: from `sent` to its end.
            let count = unsafe parcel.bytes.withUnsafeBytes { raw in
                unsafe Glibc.send(
                    parcel.receiver, raw.baseAddress?.advanced(by: sent), raw.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Both ends. What is still under way to either is not sent: their numbers may soon be those of other sockets.
    private mutating func end(_ descriptor: Int32) {
        guard let peer = peers.removeValue(forKey: descriptor) else { return }
        peers[peer] = nil
        waits.removeAll { $0.fd == descriptor || $0.fd == peer }
        queue = queue[next...].filter { $0.receiver != descriptor && $0.receiver != peer }
        next = 0
        Glibc.close(descriptor)
        Glibc.close(peer)
    }
}
