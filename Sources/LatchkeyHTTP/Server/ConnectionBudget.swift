import NIOCore
import Synchronization

/// How many connections are open over all TCP listeners, and how many of them each address has. The Unix socket is not
/// counted, so that the operator can connect while a flood holds every place.
final class ConnectionBudget: Sendable {
    private struct State {
        var open = 0
        var waiting: [@Sendable () -> Void] = []
        var perNetwork: [SourceNetwork: Int] = [:]
    }

    private let limit: Int
    private let limitPerNetwork: Int
    private let state = Mutex(State())
    /// Whether the next idle connection is to be closed to make room for another.
    private let wanted = Atomic(false)

    /// - Parameters:
    ///   - limit: open connections. Exceeded by at most one per further listener, because each may be accepting.
    ///   - limitPerNetwork: open connections of one IPv4 address or IPv6 /64.
    init(limit: Int, limitPerNetwork: Int) {
        self.limit = limit
        self.limitPerNetwork = limitPerNetwork
    }

    /// Takes a place for an accepted connection; ``leave()`` gives it back.
    func enter() { state.withLock { $0.open += 1 } }

    /// Gives a place back and wakes waiters for one.
    func leave() {
        let woken = state.withLock { state in
            state.open -= 1
            guard state.open < limit else { return [@Sendable () -> Void]() }
            wanted.store(false, ordering: .relaxed)
            defer { state.waiting = [] }
            return state.waiting
        }
        for wake in woken { wake() }
    }

    /// Whether every place is taken.
    var isFull: Bool { state.withLock { $0.open >= limit } }

    /// Asks for the place of the next connection that becomes idle, unless one has become free meanwhile.
    func want() { state.withLock { if $0.open >= limit { wanted.store(true, ordering: .relaxed) } } }

    /// Whether a place was asked for. Read after every response, so it takes no lock.
    var isWanted: Bool { wanted.load(ordering: .relaxed) }

    /// True for exactly one caller.
    func takeWanted() -> Bool { wanted.exchange(false, ordering: .relaxed) }

    /// Whether there is a place. If not, `wake` is called once when there may be one.
    func hasPlace(orWake wake: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if state.open < limit { return true }
            state.waiting.append(wake)
            return false
        }
    }

    /// Counts a connection of `network`; false, without counting it, when the network has as many as it may have.
    func admit(_ network: SourceNetwork) -> Bool {
        state.withLock { state in
            let count = state.perNetwork[network, default: 0]
            guard count < limitPerNetwork else { return false }
            state.perNetwork[network] = count + 1
            return true
        }
    }

    /// Undoes ``admit(_:)``.
    func dismiss(_ network: SourceNetwork) {
        state.withLock { state in
            guard let count = state.perNetwork[network] else { return }
            state.perNetwork[network] = count > 1 ? count - 1 : nil
        }
    }
}

/// A connection from an address that has as many as it may have.
struct TooManyConnections: Error {}

/// On a listening socket: stops accepting while the budget is used up. Further connections wait in the system's backlog
/// instead of costing memory here.
final class ConnectionLimitHandler: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    private let budget: ConnectionBudget
    private var holdsRead = false

    init(budget: ConnectionBudget) {
        self.budget = budget
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let budget = budget
        budget.enter()
        unwrapInboundIn(data).closeFuture.whenComplete { _ in budget.leave() }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        guard !holdsRead else { return }
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: eventLoop)
        holdsRead = !budget.hasPlace {
            eventLoop.execute {
                let (handler, context) = bound.value
                handler.holdsRead = false
                if context.channel.isActive { handler.read(context: context) }
            }
        }
        if !holdsRead { context.read() }
    }
}
