package import LatchkeyTokens
import Synchronization

/// Notices two holders of one lineage that coexist: in memory, bounded, and without a write.
///
/// A held token gets the same successor again for a few seconds after a rotation, because responses get lost and
/// browsers have tabs. A thief who uses each successor within that time of the owner's rotation shares the lineage
/// without ever causing a replay. But two holders have no other way to share it: one that misses a generation forks the
/// lineage or replays an old token. So two holders show as the same successor given twice in *each* generation, one
/// after another, and a single holder shows it only now and then. This is what is counted: successive generations,
/// however far apart in time.
///
/// A report never leads to an action: a client on a bad network, or one that refreshes in parallel against the advice,
/// looks the same for a while.
package final class ReuseWatch: Sendable {
    /// The number of successive generations from which a run is reported. If one response in ten is lost for a whole
    /// day (288 refreshes of a token that lives five minutes), a run of three happens every fourth day, and a run of
    /// four once in five weeks.
    static let tellingRun = 4
    /// A run that continues is reported again after this time: at most one line an hour for each session, whatever a
    /// client does.
    static let retelling: Duration = .seconds(3600)
    /// Tabs share the cookie, so two tabs that wake at the same moment both send the previous token. With transport
    /// cookie a reuse counts only if it comes later than a request and its response take, or from another network than
    /// the rotation.
    static let overlapOfTabs: Duration = .seconds(5)
    /// Sessions that are remembered; about 1 MB. An entry costs a sign-in and a rotation, so strangers cannot fill it.
    static let capacity = 8192

    /// A successor that was given again.
    package struct Reuse: Sendable {
        package let session: SessionID
        /// The generation that was presented, and the generation that was returned.
        package let held: UInt32
        package let successor: UInt32
        package let isCookie: Bool
        /// Whether the request came from another network than the rotation.
        package let elsewhere: Bool
        /// The time since the rotation.
        package let delay: Duration
        package let at: Timestamp

        package init(
            session: SessionID, held: UInt32, successor: UInt32, isCookie: Bool, elsewhere: Bool, delay: Duration,
            at: Timestamp
        ) {
            self.session = session
            self.held = held
            self.successor = successor
            self.isCookie = isCookie
            self.elsewhere = elsewhere
            self.delay = delay
            self.at = at
        }

        /// Tabs of one browser do this all the time.
        fileprivate var isOfTabs: Bool { isCookie && !elsewhere && delay < ReuseWatch.overlapOfTabs }
    }

    /// Successive generations whose successor was given more than once.
    package struct Run: Sendable, Equatable {
        package var generations: Int
        /// Successors that were given again, in all generations of the run.
        package var answers: Int
        /// Of those, the ones given to another network than that of the rotation.
        package var elsewhere: Int

        package init(generations: Int, answers: Int, elsewhere: Int) {
            self.generations = generations
            self.answers = answers
            self.elsewhere = elsewhere
        }
    }

    /// Counts since start.
    package struct Figures: Sendable, Equatable {
        /// Successors that were given again, including those given to tabs.
        package var answers = 0
        /// Of those, the ones given to another network than that of the rotation.
        package var elsewhere = 0
        /// Runs that became long enough to be reported.
        package var runs = 0
    }

    fileprivate struct Entry {
        var held: UInt32
        var successor: UInt32
        var run: Run
        var seenAt: Timestamp
        var toldAt: Timestamp?
    }

    private struct State {
        var entries: [SessionID: Entry] = [:]
        var figures = Figures()
    }

    private let state = Mutex(State())

    package init() {}

    /// Counts the reuse.
    /// - Returns: the run, if it is to be reported now.
    package func note(_ reuse: Reuse) -> Run? {
        state.withLock { state in
            state.figures.answers += 1
            if reuse.elsewhere { state.figures.elsewhere += 1 }
            guard !reuse.isOfTabs else { return nil }
            var entry = state.entries[reuse.session] ?? Self.entry(reuse, in: &state)
            let isNext = entry.advance(reuse)
            defer { state.entries[reuse.session] = entry }
            guard entry.run.generations >= Self.tellingRun else { return nil }
            if isNext, entry.run.generations == Self.tellingRun { state.figures.runs += 1 }
            if let toldAt = entry.toldAt, reuse.at >= toldAt, reuse.at - toldAt < Self.retelling { return nil }
            entry.toldAt = reuse.at
            return entry.run
        }
    }

    /// The current run of a session, if it is long enough to be reported.
    package func run(of session: SessionID) -> Run? {
        guard let run = state.withLock({ $0.entries[session]?.run }), run.generations >= Self.tellingRun else {
            return nil
        }
        return run
    }

    package var figures: Figures { state.withLock { $0.figures } }

    /// How many sessions are remembered.
    var count: Int { state.withLock { $0.entries.count } }

    private static func entry(_ reuse: Reuse, in state: inout State) -> Entry {
        if state.entries.count >= capacity { makeRoom(&state.entries) }
        return Entry(
            held: 0, successor: 0, run: Run(generations: 0, answers: 0, elsewhere: 0), seenAt: reuse.at, toldAt: nil)
    }

    /// Forgets single events first, and at least half of all entries, so that room need not be made again for each
    /// newcomer.
    private static func makeRoom(_ entries: inout [SessionID: Entry]) {
        entries = entries.filter { $0.value.run.generations > 1 }
        guard entries.count > capacity / 2 else { return }
        let newest = entries.sorted { $0.value.seenAt > $1.value.seenAt }.prefix(capacity / 2)
        entries = Dictionary(uniqueKeysWithValues: newest.map { ($0.key, $0.value) })
    }
}

extension ReuseWatch.Entry {
    /// Adds the reuse; true if the run is now one generation longer.
    fileprivate mutating func advance(_ reuse: ReuseWatch.Reuse) -> Bool {
        seenAt = reuse.at
        let isNext = reuse.held == successor || run.generations == 0
        if isNext {
            // The successor that was given twice has come back, and its own successor was given twice as well.
            run.generations += 1
        } else if reuse.held > held {
            // A generation in between had one holder.
            run = ReuseWatch.Run(generations: 1, answers: 0, elsewhere: 0)
        }
        // Otherwise the same held token was used once more (perhaps after a fork, which keeps it), or a response was
        // counted late.
        if reuse.held >= held {
            held = reuse.held
            successor = reuse.successor
        }
        run.answers += 1
        if reuse.elsewhere { run.elsewhere += 1 }
        return isNext
    }
}
