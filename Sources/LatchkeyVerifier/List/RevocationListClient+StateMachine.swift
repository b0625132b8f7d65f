import LatchkeyTokens

extension RevocationListClient {
    /// Decides what a poller does next: pure, without I/O, clock or chance of its own. ``RevocationListState`` decides
    /// what a document changes; this decides when the next one is asked for, and how.
    ///
    /// A wait is a favour that a busy server, or a proxy, may refuse while it answers polls without `wait`: these keep
    /// the list fresh then, and a wait is asked for again later. Only a poll without `wait` that fails is a failure.
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
            /// How long beyond `wait` the answer may stay away and still leave time for another attempt before the list
            /// is stale; nil where no list could become so.
            var slack: Duration?
        }

        /// What a poll brought.
        enum Answer: Sendable {
            case document(RevocationDocument)
            case failure(PollFailure)
        }

        /// What became of it.
        enum Outcome: Sendable, Hashable {
            case applied(RevocationListState.Applied)
            /// A request was not held, and the next one is a plain one: no failure yet.
            case waitRefused(PollFailure)
            case failed(PollFailure)
        }

        static let firstRetry: Duration = .milliseconds(500)
        static let longestRetry: Duration = .seconds(30)
        /// How long it polls without `wait` at most before it asks for one again.
        static let longestPolling: Duration = .seconds(60)
        /// Between two sweeps for expired entries, which take time in proportion to the list.
        static let sweepPeriod: Duration = .seconds(30)

        private(set) var list: RevocationListState
        private let mode: TokenVerifier.PollingMode.Kind
        private var failures = 0
        /// Waits refused in a row.
        private var refusals = 0
        /// How much longer it polls without `wait`.
        private var polling: Duration = .zero
        /// Whether a poll without `wait` comes next.
        private var isPlain = false
        private var pause: Duration?
        private var expiresIn: Duration?
        /// `next_update` of the last document.
        private var usual: Duration = .seconds(5)
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
            guard list.nextQuery != nil, let wait, !isPlain else {
                return .fetch(Request(query: list.nextQuery, wait: nil))
            }
            let slack = expiresIn.map { max($0 / 4, .milliseconds(250)) }
            return .fetch(Request(query: list.nextQuery, wait: wait, slack: slack))
        }

        /// Whether waits are refused again and again, so that the list is polled for instead.
        var isPollingInstead: Bool { refusals > 1 }

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
                // Asking again at once is right after news and after a wait that was held. Otherwise the server, or a
                // proxy, does not hold requests, or says the same again and again. A snapshot instead of a delta is
                // news too, when we were too far behind; and so is another epoch, but not twice in a row.
                let isOtherEpoch = before.map { document.epoch != $0.epoch } ?? false
                let isNews = isOtherEpoch ? !wasOtherEpoch : before.map { document.sequence > $0.after } ?? false
                wasOtherEpoch = isOtherEpoch
                guard let wait = request.wait else {
                    // A wait begins right after an answer, so that it may hang and the list is still fresh afterwards.
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

        /// Until the next poll without `wait`.
        private mutating func rest(_ jitter: Double) {
            let rhythm = min(usual, (expiresIn ?? .seconds(60)) / 3)
            polling -= rhythm
            pause = Self.jittered(rhythm, jitter)
        }

        /// A poll without `wait` comes next: the first time only one, then as many as take `next_update`, twice that,
        /// four times.
        private mutating func refuseWait() {
            isPlain = true
            refusals = min(refusals + 1, 16)
            polling = refusals == 1 ? .zero : min(usual * Double(1 << (refusals - 2)), Self.longestPolling)
        }

        private mutating func fail(
            _ failure: PollFailure, _ request: Request, after elapsed: Duration, jitter: Double
        ) -> Outcome {
            let isGap = if case .refused(let reason) = failure { reason.reason == .gap } else { false }
            if request.wait != nil, !isGap { return loseWait(failure, after: elapsed, jitter: jitter) }
            failures = min(failures + 1, 16)
            // The list has noted that it needs the whole: asked for at once, but only once.
            if isGap, failures == 1 { return .failed(failure) }
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
            // One that was held for longer than polls are apart and then cut, as proxies do, is still the quicker way.
            // One that nobody ever answered is not.
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
