import LatchkeyTokens

extension RevocationListClient {
    /// Decides what a poller does next: pure, without I/O, clock or randomness of its own. ``RevocationListState``
    /// decides what a document changes; this type decides when and how the next one is requested.
    ///
    /// A long poll is a favour: a busy server, or a proxy, may refuse it while it answers polls without `wait`. Those
    /// keep the list fresh then, and a long poll is tried again later. Only a failed poll without `wait` counts as a
    /// failure.
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
            /// How long the server may hold the request; nil for an immediate answer.
            let wait: Duration?
            /// How long after `wait` the answer may still arrive and leave time for another attempt before the list is
            /// stale; nil where no list could become stale.
            var slack: Duration?
        }

        /// What a poll brought.
        enum Answer: Sendable {
            case document(RevocationDocument)
            case failure(PollFailure)
        }

        /// What the answer led to.
        enum Outcome: Sendable, Hashable {
            case applied(RevocationListState.Applied)
            /// The server did not hold a request; the next one is a poll without `wait`. No failure yet.
            case waitRefused(PollFailure)
            case failed(PollFailure)
        }

        static let firstRetry: Duration = .milliseconds(500)
        static let longestRetry: Duration = .seconds(30)
        /// The longest time that it polls without `wait` before it tries a long poll again.
        static let longestPolling: Duration = .seconds(60)
        /// The time between two sweeps for expired entries, which take time in proportion to the list.
        static let sweepPeriod: Duration = .seconds(30)

        private(set) var list: RevocationListState
        private let mode: TokenVerifier.PollingMode.Kind
        private var failures = 0
        /// Long polls refused in a row.
        private var refusals = 0
        /// The remaining time of polling without `wait`.
        private var polling: Duration = .zero
        /// Whether the next poll is without `wait`.
        private var isPlain = false
        private var pause: Duration?
        private var expiresIn: Duration?
        /// `next_update` of the last document.
        private var usual: Duration = .seconds(5)
        private var sweptAt: Timestamp?
        /// Of the last document.
        private var epoch: String?
        /// Whether the last document came from another epoch than its predecessor.
        private var wasOtherEpoch = false

        init(list: RevocationListState, mode: TokenVerifier.PollingMode) {
            self.list = list
            self.mode = mode.kind
        }

        /// The next action. A pause is returned once.
        mutating func next() -> Action {
            if let pause {
                self.pause = nil
                return .sleep(pause)
            }
            guard list.nextQuery != nil, let wait, !isPlain else {
                return .fetch(Request(query: list.nextQuery, wait: nil))
            }
            let slack = expiresIn.map { max($0 / 4, .milliseconds(250)) }
            return .fetch(Request(query: list.nextQuery, wait: wait, slack: slack))
        }

        /// Whether long polls are refused repeatedly, so that the list is polled at intervals instead.
        var isPollingInstead: Bool { refusals > 1 }

        /// Half of the time that the list stays fresh is reserved for a second attempt.
        private var wait: Duration? {
            guard case .longPoll(let wait) = mode else { return nil }
            return min(wait, max((expiresIn ?? .seconds(2)) / 2, .seconds(1)))
        }

        /// Processes an answer.
        ///
        /// - Parameters:
        ///   - request: the request that it answers.
        ///   - elapsed: from sending the request to the end of the answer.
        ///   - instant: the local clock when the answer was complete.
        ///   - jitter: 0 to 1.
        mutating func receive(
            _ answer: Answer, to request: Request, after elapsed: Duration, at instant: Timestamp, jitter: Double
        ) -> Outcome {
            switch answer {
            case .failure(let failure):
                return fail(failure, request, after: elapsed, jitter: jitter)
            case .document(let document):
                let before = list.nextQuery
                do throws(RefusedDocument) {
                    let applied = try list.apply(document, receivedAt: instant)
                    succeed(document, before, request, after: elapsed, jitter: jitter)
                    sweep(at: instant)
                    return .applied(applied)
                } catch {
                    return fail(.refused(error), request, after: elapsed, jitter: jitter)
                }
            }
        }

        private mutating func succeed(
            _ document: RevocationDocument, _ before: RevocationListState.Query?, _ request: Request,
            after elapsed: Duration, jitter: Double
        ) {
            failures = 0
            expiresIn = .seconds(document.expiresIn)
            usual = .seconds(document.nextUpdate)
            switch mode {
            case .interval(let interval):
                pause = Self.jittered(min(interval ?? usual, .seconds(document.expiresIn) / 3), jitter)
            case .longPoll:
                // An immediate next request is right after news, and after a long poll that was held. Otherwise the
                // server or a proxy does not hold requests, or repeats the same answer. A snapshot in place of a delta
                // is news too, when we were too far behind; so is another epoch, but not twice in a row.
                let isOtherEpoch = epoch.map { $0 != document.epoch } ?? false
                let isNews = isOtherEpoch ? !wasOtherEpoch : before.map { document.sequence > $0.after } ?? false
                (epoch, wasOtherEpoch) = (document.epoch, isOtherEpoch)
                guard let wait = request.wait else {
                    // A long poll starts right after an answer, so that the list is still fresh if the poll hangs.
                    isPlain = polling > .zero
                    if isPlain { rest(jitter) }
                    return
                }
                if isNews || elapsed >= wait * 0.9 {
                    refusals = 0
                } else {
                    refuseWait()
                    rest(jitter)
                }
            }
        }

        /// The time until the next poll without `wait`.
        private mutating func rest(_ jitter: Double) {
            let rhythm = min(usual, (expiresIn ?? .seconds(60)) / 3)
            polling -= rhythm
            pause = Self.jittered(rhythm, jitter)
        }

        /// Schedules polls without `wait`: the first time only one, then as many as fit into `next_update`, twice that,
        /// four times that.
        private mutating func refuseWait() {
            isPlain = true
            refusals = min(refusals + 1, 16)
            polling = refusals == 1 ? .zero : min(usual * Double(1 << (refusals - 2)), Self.longestPolling)
        }

        private mutating func fail(
            _ failure: PollFailure, _ request: Request, after elapsed: Duration, jitter: Double
        ) -> Outcome {
            let isGap = if case .refused(let reason) = failure { reason.reason == .gap } else { false }
            // After a gap the list asks for everything, and does so at once. A wait that brings a gap counts as refused,
            // or a server whose waits always do would be asked in a circle. A poll of a delta follows a pause. One that
            // already asked for everything has failed.
            if isGap, request.wait != nil {
                refuseWait()
                return .waitRefused(failure)
            }
            if isGap, request.query != nil { return .failed(failure) }
            if request.wait != nil { return loseWait(failure, after: elapsed, jitter: jitter) }
            failures = min(failures + 1, 16)
            let backoff = Backoff.pause(
                after: failures, first: Self.firstRetry, longest: min(Self.longestRetry, patience), jitter: jitter)
            if case .status(_, let retryAfter?) = failure {
                pause = max(backoff, Self.lengthened(min(retryAfter, Self.longestRetry), jitter))
            } else {
                pause = backoff
            }
            return .failed(failure)
        }

        private mutating func loseWait(_ failure: PollFailure, after elapsed: Duration, jitter: Double) -> Outcome {
            // A long poll that was held for longer than the polling interval and then cut, as proxies do, is still
            // faster than polling. One that was never answered is not.
            if elapsed >= usual, failure != .transport(.timedOut) { refusals = 0 }
            refuseWait()
            if case .status(_, let retryAfter?) = failure {
                polling = max(polling, Self.lengthened(min(retryAfter, Self.longestPolling), jitter))
            }
            pause = Backoff.pause(
                after: 1, first: min(Self.firstRetry, (expiresIn ?? .seconds(60)) / 8), longest: Self.firstRetry,
                jitter: jitter)
            return .waitRefused(failure)
        }

        /// A list that is fresh only for a short time must be retried more often than an unreachable server would like.
        private var patience: Duration { max((expiresIn ?? .seconds(60)) / 3, Self.firstRetry) }

        private mutating func sweep(at instant: Timestamp) {
            if let sweptAt, instant >= sweptAt, instant - sweptAt < Self.sweepPeriod { return }
            sweptAt = instant
            list.prune(at: instant)
        }

        /// A little less than the period, so that the period stays an upper bound.
        private static func jittered(_ pause: Duration, _ jitter: Double) -> Duration { pause * (0.8 + jitter / 5) }

        /// A little more, because a server that asks for patience should get it.
        private static func lengthened(_ pause: Duration, _ jitter: Double) -> Duration { pause * (1 + jitter / 5) }
    }
}
