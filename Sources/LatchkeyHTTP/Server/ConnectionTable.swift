import NIOCore
import NIOSSL
import Synchronization
import Waiting

/// The open connections of a server, so that a shutdown can ask them to finish and finally cut them, and so that the
/// longest idle one can make room for another.
final class ConnectionTable: Sendable {
    fileprivate struct Member {
        let channel: any Channel
        /// Nil for connections that are not counted, and so never make room.
        let place: ConnectionPlace?
    }

    /// A connection that was idle when it was looked at.
    fileprivate struct Candidate {
        let member: Member
        let idleSince: UInt64
    }

    fileprivate struct State {
        var members: [ObjectIdentifier: Member] = [:]
        /// The longest idle ones, the longest last.
        var candidates: [Candidate] = []
        var isDraining = false
        var waiters: [Waiter<Void>] = []
    }

    /// How many are found in one look through the table, so that a flood does not look through it for each connection.
    private static let candidatesOfOneLook = 512

    private let state = Mutex(State())
    private let memory = ReturnedMemory()

    /// Remembers a connection until it closes. A connection that arrives during the drain is asked to finish at once.
    func add(_ channel: any Channel, _ place: ConnectionPlace? = nil) {
        let id = ObjectIdentifier(channel)
        let (isDraining, count) = state.withLock { state in
            state.members[id] = Member(channel: channel, place: place)
            return (state.isDraining, state.members.count)
        }
        memory.connections(count)
        channel.closeFuture.whenComplete { _ in self.remove(id) }
        if isDraining { Self.quiesce(channel) }
    }

    private func remove(_ id: ObjectIdentifier) {
        let (waiters, count) = state.withLock { state in
            state.members[id] = nil
            let count = state.members.count
            guard count == 0 else { return ([Waiter<Void>](), count) }
            defer { state.waiters = [] }
            return (state.waiters, count)
        }
        memory.connections(count)
        for waiter in waiters { waiter.release(()) }
    }

    // MARK: Making room

    /// Closes the connection that has been idle longest. If every one has a request under way, the first whose request
    /// ends is closed instead.
    func makeRoom(_ budget: ConnectionBudget) {
        guard let candidate = state.withLock({ $0.nextCandidate(Self.candidatesOfOneLook) }) else {
            return budget.want()
        }
        let (channel, place) = (candidate.member.channel, candidate.member.place)
        channel.eventLoop.execute {
            // A request may have come meanwhile.
            guard channel.isActive, place?.idle == candidate.idleSince else { return self.makeRoom(budget) }
            Self.cut(channel)
        }
    }

    /// Closes without a TLS close_notify, because a hostile peer would let us wait for it.
    private static func cut(_ channel: any Channel) {
        guard let tls = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) else {
            return channel.close(promise: nil)
        }
        tls.close(promise: nil)
    }

    // MARK: Shutting down

    /// Closes idle connections at once, and the others after their current response.
    func drain() {
        let channels = state.withLock { state in
            state.isDraining = true
            return state.members.values.map(\.channel)
        }
        for channel in channels { Self.quiesce(channel) }
    }

    /// Cuts all remaining connections.
    func closeAll() {
        for channel in state.withLock({ $0.members.values.map(\.channel) }) { channel.close(promise: nil) }
    }

    /// Returns when no connection is open.
    func waitUntilEmpty() async {
        let waiter = Waiter<Void>()
        let isEmpty = state.withLock { state in
            if !state.members.isEmpty { state.waiters.append(waiter) }
            return state.members.isEmpty
        }
        if !isEmpty { await waiter.value() }
    }

    private static func quiesce(_ channel: any Channel) {
        channel.eventLoop.execute { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }
}

extension ConnectionTable.State {
    /// Takes the longest idle known connection; looks for more when none is known.
    fileprivate mutating func nextCandidate(_ most: Int) -> ConnectionTable.Candidate? {
        if let known = nextKnownCandidate() { return known }
        candidates = members.values.compactMap { member in
            member.place?.idle.map { ConnectionTable.Candidate(member: member, idleSince: $0) }
        }
        candidates.sort { $0.idleSince > $1.idleSince }
        candidates = Array(candidates.suffix(most))
        return nextKnownCandidate()
    }

    private mutating func nextKnownCandidate() -> ConnectionTable.Candidate? {
        while let candidate = candidates.popLast() {
            let isOpen = members[ObjectIdentifier(candidate.member.channel)] != nil
            if isOpen, candidate.member.place?.idle == candidate.idleSince { return candidate }
        }
        return nil
    }
}
