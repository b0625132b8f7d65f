package import LatchkeyTokens
import Synchronization

/// Notices two holders of one lineage who get along with each other: in memory, bounded, and without a write.
///
/// A held token gives the same successor again for a few seconds after a rotation, since answers get lost and browsers
/// have tabs. Who has stolen a token and uses each successor within that time of the owner's rotation shares the lineage
/// without ever being a replay. But there is no other way for two to share it: the one who misses a generation forks the
/// lineage or replays an old token. So two holders show as the same successor given twice in *each* generation, one after
/// another, and a single one only now and then. That is what is counted: generations in a row, however far apart in time.
///
/// Told is never acted on: a client on a bad network, or one that refreshes in parallel against the advice, looks the
/// same for a while.
package final class ReuseWatch: Sendable {
    /// Generations in a row from which it is told. One answer in ten lost for a whole day (288 refreshes of a token
    /// that lives five minutes) makes a run of three every fourth day, and a run of four once in five weeks.
    static let tellingRun = 4
    /// A run that goes on is told again after this time: a line an hour and session at most, whatever a client does.
    static let retelling: Duration = .seconds(3600)
    /// Tabs share the cookie, so two that wake at the same moment both send the token of before. With transport cookie
    /// only what comes later than a request and its answer take, or from another network than the rotation, counts.
    static let overlapOfTabs: Duration = .seconds(5)
    /// Sessions that are remembered; about 1 MB. An entry costs a sign-in and a rotation, so strangers cannot fill it.
    static let capacity = 8192

    /// The same successor, given again.
    package struct Reuse: Sendable {
        package let session: SessionID
        /// The generation that was presented, and the one that was answered with.
        package let held: UInt32
        package let successor: UInt32
        package let isCookie: Bool
        /// Whether it came from another network than the rotation.
        package let elsewhere: Bool
        /// Since the rotation.
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

        /// What tabs of one browser do all the time.
        fileprivate var isOfTabs: Bool { isCookie && !elsewhere && delay < ReuseWatch.overlapOfTabs }
    }

    /// Generations in a row whose successor was given more than once.
    package struct Run: Sendable, Equatable {
        package var generations: Int
        /// Successors that were given again, in all of them together.
        package var answers: Int
        /// Of those, to another network than the rotation came from.
        package var elsewhere: Int

        package init(generations: Int, answers: Int, elsewhere: Int) {
            self.generations = generations
            self.answers = answers
            self.elsewhere = elsewhere
        }
    }

    /// Counts since start.
    package struct Figures: Sendable, Equatable {
        /// Successors that were given again, those to tabs too.
        package var answers = 0
        /// Of those, to another network than the rotation came from.
        package var elsewhere = 0
        /// Runs that became long enough to be told.
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

    /// Counts it.
    /// - Returns: the run, when it is to be told now.
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

    /// The present run of a session, when it is long enough to be told.
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

    /// Forgets single events first, and at least half of all, so that room is not made for each newcomer anew.
    private static func makeRoom(_ entries: inout [SessionID: Entry]) {
        entries = entries.filter { $0.value.run.generations > 1 }
        guard entries.count > capacity / 2 else { return }
        let newest = entries.sorted { $0.value.seenAt > $1.value.seenAt }.prefix(capacity / 2)
        entries = Dictionary(uniqueKeysWithValues: newest.map { ($0.key, $0.value) })
    }
}

extension ReuseWatch.Entry {
    /// Takes it in; true when the run is now one generation longer.
    fileprivate mutating func advance(_ reuse: ReuseWatch.Reuse) -> Bool {
        seenAt = reuse.at
        let isNext = reuse.held == successor || run.generations == 0
        if isNext {
            // What was given twice has come back, and its successor was given twice as well.
            run.generations += 1
        } else if reuse.held > held {
            // A generation in between had one holder.
            run = ReuseWatch.Run(generations: 1, answers: 0, elsewhere: 0)
        }
        // Otherwise the same held token once more (perhaps after a fork, which keeps it), or an answer that was late to
        // be counted.
        if reuse.held >= held {
            held = reuse.held
            successor = reuse.successor
        }
        run.answers += 1
        if reuse.elsewhere { run.elsewhere += 1 }
        return isNext
    }
}
