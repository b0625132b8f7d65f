#if Postgres
    import LatchkeyCore
    import Synchronization
    import Waiting

    /// Tasks that wait for a look at the database. All who ask before it begins share it.
    final class LookRequests: Sendable {
        private struct State {
            var waiting: [Waiter<Bool>] = []
            var isClosed = false
        }

        private let state = Mutex(State())
        let bell = Bell()

        /// Waits for a look that begins from now on.
        /// - Returns: false when there was none within `patience`.
        func look(within patience: Duration) async -> Bool {
            let waiter = Waiter<Bool>()
            let isClosed = state.withLock { state in
                if !state.isClosed { state.waiting.append(waiter) }
                return state.isClosed
            }
            guard !isClosed else { return false }
            bell.ring()
            let limit = Task {
                try await Task.sleep(for: patience)
                waiter.release(false)
            }
            defer { limit.cancel() }
            return await waiter.value { waiter.release(false) }
        }

        var isEmpty: Bool { state.withLock { $0.waiting.isEmpty } }

        /// Those whom a look that begins now will serve.
        func take() -> [Waiter<Bool>] {
            state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
        }

        /// Lets those wait for the next look whom one that failed would have served.
        func putBack(_ waiters: [Waiter<Bool>]) {
            let isClosed = state.withLock { state in
                if !state.isClosed { state.waiting += waiters }
                return state.isClosed
            }
            if isClosed { for waiter in waiters { waiter.release(false) } }
        }

        /// There is no further look.
        func close() {
            let waiting = state.withLock { state in
                defer { state = State(isClosed: true) }
                return state.waiting
            }
            for waiter in waiting { waiter.release(false) }
            bell.ring()
        }
    }
#endif
