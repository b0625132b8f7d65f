import LatchkeyTokens
import Synchronization
import Waiting

/// The list of a store that other nodes write to as well.
extension RevocationFeed {
    /// How long a poller waits for the database when it knows more than the node.
    private static let pollPatience: Duration = .seconds(1)
    /// How long a start waits for it.
    private static let startPatience: Duration = .seconds(10)
    /// Without a look for this long, nothing is said about a single token: it may have been revoked elsewhere.
    private static let longestSilence: Duration = .seconds(5)
    /// Loads of the list at a start, if the epoch keeps changing.
    private static let startLoads = 5

    func start(following: FollowedList, expiryClock: ExpiryClock) async throws {
        state.withLock { state in
            state.following = following
            state.consumers.news = ConsumerNews()
        }
        for _ in 0..<Self.startLoads {
            begin(expiryClock: expiryClock)
            guard await following.catchUp(Self.startPatience) else {
                throw StoreUnavailable("the database did not answer when the revocation list was to be loaded")
            }
            guard let check = state.withLock({ $0.following?.latest }) else {
                throw StoreFault("the observer of a shared store was told of no check")
            }
            install(try await following.load(check.at))
            if state.withLock({ $0.following?.isLoading == false }) { return }
        }
        throw StoreUnavailable("the epoch of the revocation list keeps changing")
    }

    /// Called by the store when its log goes on in another epoch: pollers get the whole list. What was being loaded is of
    /// the epoch before.
    package func restarted(epoch: String, sequence: Int64, records: [RevocationRecord]) {
        state.withLock { $0.arrivals = nil }
        install(StoredRevocations(epoch: epoch, sequence: sequence, entries: records.map(\.entry)), isLoaded: false)
    }

    /// Called on the thread that looked. What was found there was committed before: the list is up to date as of the
    /// check, unless it must be loaded again.
    package func checked(_ check: StoreCheck) {
        let isLoading = state.withLock { state in
            let (epoch, sequence) = (state.epoch, state.list.sequence)
            state.following?.checked(check, epoch: epoch, sequence: sequence)
            return state.following?.isLoading ?? false
        }
        if isLoading { loads.continuation.yield() }
        follow.withLock { $0 }.forEach { $0(check) }
    }

    /// Called by the store when its log has an entry that this release cannot read: a list without it must not be given
    /// to anybody. Once the log can be read again, the next check has the list loaded.
    package func unreadable() {
        state.withLock { $0.following?.metUnreadable() }
        waits.release()
    }

    /// Has `body` called with each check from now on, on the thread that looked: it must be quick and must not block.
    package func onCheck(_ body: @escaping @Sendable (StoreCheck) -> Void) {
        follow.withLock { $0.append(body) }
    }

    /// Loads the list again whenever a check has shown that it must be, until the task is cancelled. If that fails, the
    /// next check has it tried again.
    func loadByCheck() async {
        for await _ in loads.stream {
            let (following, clock) = state.withLock { ($0.following, $0.expiryClock) }
            guard let following, following.isLoading, let check = following.latest, let clock else { continue }
            begin(expiryClock: clock)
            do {
                install(try await following.load(check.at))
            } catch {
                state.withLock { $0.arrivals = nil }
            }
        }
    }

    /// The answer to a poller. On a node of several it never takes the poller back: see ``PollVerdict``.
    /// - Throws: ``Refusal`` `temporarily_unavailable` when the node knows less than the poller and cannot catch up.
    package func answer(to query: RevocationQuery) async throws -> RevocationReading {
        switch try reading(query, hasLooked: false) {
        case .known(let reading): return reading
        case .look(let catchUp):
            guard await catchUp(Self.pollPatience),
                case .known(let reading) = try reading(query, hasLooked: true)
            else { throw Self.behind }
            return reading
        }
    }

    private enum Knowledge {
        case known(RevocationReading)
        case look(@Sendable (Duration) async -> Bool)
    }

    private func reading(_ query: RevocationQuery, hasLooked: Bool) throws -> Knowledge {
        try state.withLock { state in
            guard let following = state.following else { return .known(read(query, &state)) }
            let verdict = PollVerdict.judge(
                query, epoch: state.epoch, sequence: state.list.sequence, isLoading: following.isLoading,
                hasLooked: hasLooked)
            switch verdict {
            case .answer: return .known(read(query, &state))
            case .look: return .look(following.catchUp)
            case .refuse: throw Self.behind
            }
        }
    }

    /// Before a poll is noted or held: on a node of several, catches up with what the poller knows.
    /// - Throws: ``Refusal`` `temporarily_unavailable`.
    package func prepare(for query: RevocationQuery) async throws {
        guard state.withLock({ $0.following != nil }) else { return }
        _ = try await answer(to: query)
    }

    /// Before a single token is judged by the list. What another node revoked is not known to a node that cannot look,
    /// and a guess would accept a revoked token.
    /// - Throws: ``Refusal`` `temporarily_unavailable`.
    package func requireRecent() throws(Refusal) {
        guard let following = state.withLock({ $0.following }) else { return }
        guard !following.isLoading, let age = following.age(), age <= Self.longestSilence else {
            throw Refusal(
                .temporarilyUnavailable,
                "The server cannot see at the moment what was revoked elsewhere. Try again, or ask another node.",
                retryAfter: .seconds(1))
        }
    }

    private static let behind = Refusal(
        .temporarilyUnavailable, "This node of the server knows less than the caller. Try again, or ask another node.",
        retryAfter: .seconds(1))
}
