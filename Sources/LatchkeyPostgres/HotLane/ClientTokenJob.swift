#if Postgres
    import LatchkeyCore

    /// One token without a session on its way through the hot lane. Nothing is written for it.
    struct ClientTokenJob: Sendable {
        let order: ClientTokenOrder
        let answer: @Sendable (Issuance<IssuedClient>) -> Void
        let fail: @Sendable (any Error) -> Void

        init(_ order: ClientTokenOrder, _ continuation: CheckedContinuation<Issuance<IssuedClient>, any Error>) {
            self.order = order
            answer = { continuation.resume(returning: $0) }
            fail = { continuation.resume(throwing: $0) }
        }
    }
#endif
