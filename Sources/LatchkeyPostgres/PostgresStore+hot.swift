#if Postgres
    package import Glibc
    package import LatchkeyCore

    /// What runs in sets.
    extension PostgresStore {
        package func rotate(_ request: SessionRotation) async throws -> Issuance<RotationOutcome> {
            try await step(request)
        }

        package func use(_ use: SessionUse) async throws -> Issuance<SessionUseOutcome> { try await step(use) }

        package func issue(_ order: ClientTokenOrder) async throws -> Issuance<IssuedClient> {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<Issuance<IssuedClient>, any Error>) in
                let job = ClientTokenJob(order, continuation)
                if !lane.push(.token(job)) { job.fail(Self.isFull) }
            }
        }

        private func step<Step: SessionStep>(_ step: Step) async throws -> Issuance<Step.Outcome> {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<Issuance<Step.Outcome>, any Error>) in
                let job = SessionJob(step, continuation)
                if !lane.push(.session(job)) { job.fail(Self.isFull) }
            }
        }

        private static var isFull: StoreUnavailable {
            StoreUnavailable("too many writes wait, or the store is closed")
        }

        /// The threads that everybody who refreshes waits for.
        package func hotThreads() async -> [pthread_t] { await lane.threads() }
    }
#endif
