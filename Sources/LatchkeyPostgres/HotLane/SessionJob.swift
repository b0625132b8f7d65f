#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens

    /// One step of a session on its way through the hot lane, whatever its outcome is.
    struct SessionJob: Sendable {
        enum Decision: Sendable {
            case answer(@Sendable () -> Void)
            /// The gate is closed for the rest of the second.
            case wait(@Sendable () -> Void)
            case advance(Session.Lineage, @Sendable () -> Void)
            case rule
        }

        let session: SessionID
        let decide: @Sendable (SessionRecord?, IssuanceMoment) throws -> Decision
        /// The same step as a rule of its own.
        let run: @Sendable (SQLLedger) throws -> @Sendable ([RevocationRecord]) -> Void
        let fail: @Sendable (any Error) -> Void
        /// Whether it may have happened already, as a rule whose commit nobody saw end.
        var isInDoubt = false

        init<Step: SessionStep>(
            _ step: Step, _ continuation: CheckedContinuation<Issuance<Step.Outcome>, any Error>
        ) {
            session = step.session
            decide = { record, moment in
                switch try step.decide(record, moment) {
                case .answer(let issuance):
                    let answer = { @Sendable in continuation.resume(returning: issuance) }
                    if case .wait = issuance { return .wait(answer) }
                    return .answer(answer)
                case .advance(let lineage, let outcome):
                    return .advance(lineage) { continuation.resume(returning: .settled(outcome)) }
                case .rule: return .rule
                }
            }
            run = { ledger in
                let issuance = try step.run(ledger)
                return { _ in continuation.resume(returning: issuance) }
            }
            fail = { continuation.resume(throwing: $0) }
        }
    }

    /// A change of one row: to write where the row still has the lineage that it was judged with.
    struct LineageChange: Sendable {
        let session: Session
        let lineage: Session.Lineage

        /// Whether it is one that the lane's statement writes: it leaves the recoveries alone.
        var isPlain: Bool {
            lineage.recoveries == session.lineage.recoveries
                && lineage.recoveryWindowStart == session.lineage.recoveryWindowStart
        }
    }
#endif
