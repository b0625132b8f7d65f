import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Gives memory back to the system after many connections have closed.
///
/// A crowd of connections needs thousands of small pieces of memory, and pieces that outlive it (a session's row, a
/// metric) lie between them. The allocator keeps the free pages around such a piece for later, however many they are.
/// Only `malloc_trim` returns them. It takes the allocator's locks, and so runs rarely: when half of the connections
/// are gone.
final class ReturnedMemory: Sendable {
    /// Fewer connections leave little behind: with a hundred streams each, about twenty megabytes.
    private static let crowd = 32

    private struct State {
        var peak = 0
        var isTrimming = false
    }

    private let state = Mutex(State())
    private let delay: TimeAmount
    private let giveBack: @Sendable () -> Void

    /// - Parameters:
    ///   - delay: the time until the closed channels are taken apart, and the shortest time between two runs.
    ///   - giveBack: runs on a thread where it may take its time.
    init(delay: TimeAmount = .seconds(5), giveBack: @escaping @Sendable () -> Void = ReturnedMemory.trim) {
        self.delay = delay
        self.giveBack = giveBack
    }

    /// Reports how many connections are open now.
    func connections(_ count: Int) {
        let isDue = state.withLock { state in
            state.peak = max(state.peak, count)
            guard !state.isTrimming, state.peak >= Self.crowd, count <= state.peak / 2 else { return false }
            state.isTrimming = true
            return true
        }
        guard isDue else { return }
        _ = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: delay) {
            NIOThreadPool.singleton.submit { _ in
                self.state.withLock { $0 = State() }
                self.giveBack()
            }
        }
    }

    private static func trim() {
        // No header of the Swift module declares it, and other C libraries do not have it.
        guard let symbol = unsafe dlsym(nil, "malloc_trim") else { return }
        typealias Trim = @convention(c) (Int) -> CInt
        // The symbol is glibc's `int malloc_trim(size_t)`.
        _ = unsafe unsafeBitCast(symbol, to: Trim.self)(0)
    }
}
