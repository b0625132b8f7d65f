#if Postgres
    import LatchkeyCore
    import Synchronization

    /// What this node counts since its start.
    final class NodeFigures: Sendable {
        private struct Counted {
            var commits = CommitFigures()
            var sharing = SharingFigures()
        }

        private let counted = Mutex(Counted())

        var commits: CommitFigures { counted.withLock { $0.commits } }
        var sharing: SharingFigures { counted.withLock { $0.sharing } }

        /// - Parameter transactions: rules, or steps of the hot lane.
        func committed(_ transactions: Int, in time: Duration) {
            counted.withLock { $0.commits.add(transactions, in: time) }
        }

        /// A transaction has its locks.
        func began(_ scope: WriteScope, after time: Duration) {
            counted.withLock { counted in
                if case .turn = scope { counted.sharing.turns.add(time) } else { counted.sharing.others.add(time) }
            }
        }

        func decided(_ steps: Int) { counted.withLock { $0.sharing.sets.add(steps) } }

        /// - Parameter count: of rules or steps that run again because others were in their way.
        func conflicted(_ count: Int = 1) { counted.withLock { $0.sharing.conflicts += Int64(count) } }
    }
#endif
