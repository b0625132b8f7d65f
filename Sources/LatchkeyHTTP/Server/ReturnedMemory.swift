import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Gives memory back to the system after many connections have closed.
///
/// What a crowd of connections needs is thousands of small pieces, and what outlives it (a session's row, a metric) lies
/// between them: the allocator keeps the free pages around such a piece for later, however many they are. Only
/// `malloc_trim` returns them. It takes the allocator's locks, and so runs rarely: when half of what was open is gone.
final class ReturnedMemory: Sendable {
    /// Fewer connections than these leave nothing that is worth it: about ten megabytes.
    private static let crowd = 256

    private struct State {
        var peak = 0
        var isTrimming = false
    }

    private let state = Mutex(State())

    /// Tells how many connections are open now.
    func connections(_ count: Int) {
        let isDue = state.withLock { state in
            state.peak = max(state.peak, count)
            guard !state.isTrimming, state.peak >= Self.crowd, count <= state.peak / 2 else { return false }
            state.isTrimming = true
            return true
        }
        guard isDue else { return }
        // A little later: the channels that have just closed are still being taken apart.
        _ = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .seconds(1)) {
            NIOThreadPool.singleton.submit { _ in self.trim() }
        }
    }

    private func trim() {
        state.withLock { state in
            state.peak = 0
            state.isTrimming = false
        }
        // No header of the Swift module declares it, and other C libraries do not have it.
        guard let symbol = unsafe dlsym(nil, "malloc_trim") else { return }
        typealias Trim = @convention(c) (Int) -> CInt
        // The symbol is glibc's `int malloc_trim(size_t)`.
        _ = unsafe unsafeBitCast(symbol, to: Trim.self)(0)
    }
}
