import LatchkeyTokens

extension RevocationListClient {
    /// Decides what a poller does next: pure, without I/O, clock or chance of its own. ``RevocationListState`` decides
    /// what a document changes; this decides when the next one is asked for, and how.
    struct StateMachine: Sendable {
        /// What to do now.
        enum Action: Sendable, Hashable {
            case fetch(Request)
            case sleep(Duration)
        }

        /// One poll.
        struct Request: Sendable, Hashable {
            /// Nil for the whole list.
            let query: RevocationListState.Query?
            /// How long the server may hold it; nil for an answer at once.
            let wait: Duration?
        }

        /// What a poll brought.
        enum Answer: Sendable {
            case document(RevocationDocument)
            case failure(PollFailure)
        }

        /// What became of it.
        enum Outcome: Sendable, Hashable {
            case applied(RevocationListState.Applied)
            case failed(PollFailure)
        }

        static let firstRetry: Duration = .milliseconds(500)
        static let longestRetry: Duration = .seconds(30)
        /// Between two sweeps for expired entries, which take time in proportion to the list.
        static let sweepPeriod: Duration = .seconds(30)

        private(set) var list: RevocationListState
        private let mode: TokenVerifier.PollingMode.Kind
        private var failures = 0
        private var pause: Duration?
        private var expiresIn: Duration?
        private var sweptAt: Timestamp?
        /// Whether the last document came from another epoch than the one before it.
        private var wasOtherEpoch = false

        init(list: RevocationListState, mode: TokenVerifier.PollingMode) {
            self.list = list
            self.mode = mode.kind
        }

        /// The next action. A pause is given out once.
        mutating func next() -> Action {
            if let pause {
                self.pause = nil
                return .sleep(pause)
            }
            return .fetch(Request(query: list.nextQuery, wait: list.nextQuery == nil ? nil : wait))
        }

        /// Half of the time that the list stays fresh is left for a second attempt.
        private var wait: Duration? {
            guard case .longPoll(let wait) = mode else { return nil }
            return min(wait, max((expiresIn ?? .seconds(2)) / 2, .seconds(1)))
        }

        /// Takes an answer in.
        ///
        /// - Parameters:
        ///   - request: what it answers.
        ///   - elapsed: from asking to the answer's end.
        ///   - instant: the own clock when the answer was there.
        ///   - jitter: 0 to 1.
        mutating func receive(
            _ answer: Answer, to request: Request, after elapsed: Duration, at instant: Timestamp, jitter: Double
        ) -> Outcome {
            switch answer {
            case .failure(let failure):
                return fail(failure, jitter: jitter)
            case .document(let document):
                let before = list.nextQuery
                do throws(RefusedDocument) {
                    let applied = try list.apply(document, receivedAt: instant)
                    succeed(document, before, request, after: elapsed, jitter: jitter)
                    sweep(at: instant)
                    return .applied(applied)
                } catch {
                    return fail(.refused(error), jitter: jitter)
                }
            }
        }

        private mutating func succeed(
            _ document: RevocationDocument, _ before: RevocationListState.Query?, _ request: Request,
            after elapsed: Duration, jitter: Double
        ) {
            failures = 0
            expiresIn = .seconds(document.expiresIn)
            let usual = Duration.seconds(document.nextUpdate)
            switch mode {
            case .interval(let interval):
                pause = Self.jittered(min(interval ?? usual, .seconds(document.expiresIn) / 3), jitter)
            case .longPoll:
                // Asking again at once is right after news and after a wait that was held. Otherwise the server, or a
                // proxy, does not hold requests, or says the same again and again. A snapshot instead of a delta is news
                // too, when we were too far behind; and so is another epoch, but not twice in a row.
                let isOtherEpoch = before.map { document.epoch != $0.epoch } ?? false
                let isNews = isOtherEpoch ? !wasOtherEpoch : before.map { document.sequence > $0.after } ?? false
                wasOtherEpoch = isOtherEpoch
                let wasHeld = request.wait.map { elapsed >= $0 * 0.9 } ?? false
                let isFirst = before == nil
                if !isNews, !wasHeld, !isFirst {
                    pause = Self.jittered(min(usual, .seconds(document.expiresIn) / 3), jitter)
                }
            }
        }

        private mutating func fail(_ failure: PollFailure, jitter: Double) -> Outcome {
            failures = min(failures + 1, 16)
            // The list has noted that it needs the whole: asked for at once, but only once.
            if case .refused(let reason) = failure, reason.reason == .gap, failures == 1 { return .failed(failure) }
            let backoff = Backoff.pause(
                after: failures, first: Self.firstRetry, longest: min(Self.longestRetry, patience), jitter: jitter)
            if case .status(_, let retryAfter?) = failure {
                pause = max(backoff, Self.lengthened(min(retryAfter, Self.longestRetry), jitter))
            } else {
                pause = backoff
            }
            return .failed(failure)
        }

        /// A list that is fresh for a short time must be tried for more often than a server that is away would like.
        private var patience: Duration { max((expiresIn ?? .seconds(60)) / 3, Self.firstRetry) }

        private mutating func sweep(at instant: Timestamp) {
            if let sweptAt, instant >= sweptAt, instant - sweptAt < Self.sweepPeriod { return }
            sweptAt = instant
            list.prune(at: instant)
        }

        /// A little sooner, so that a period stays an upper bound.
        private static func jittered(_ pause: Duration, _ jitter: Double) -> Duration { pause * (0.8 + jitter / 5) }

        /// A little later, as a server that asks for patience should get it.
        private static func lengthened(_ pause: Duration, _ jitter: Double) -> Duration { pause * (1 + jitter / 5) }
    }
}
