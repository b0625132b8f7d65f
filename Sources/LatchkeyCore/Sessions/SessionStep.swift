package import LatchkeyTokens

/// A rule that comes often, rests on the row of one session, and mostly writes nothing else than that row's lineage.
///
/// An engine may decide many of them at once without a transaction: it reads the rows of all in one look, asks
/// ``decide(_:_:)`` of each, and writes a lineage only where the row is still the one that was judged. What a decision
/// leaves to the rule is run as any other rule is.
package protocol SessionStep: Sendable {
    associatedtype Outcome: Sendable

    var session: SessionID { get }
    /// Pure, and the same answer as that of the rule.
    /// - Parameter record: the session as committed; nil when there is none.
    func decide(_ record: SessionRecord?, _ moment: IssuanceMoment) throws -> SessionDecision<Outcome>
    func run(_ ledger: any Ledger) throws -> Issuance<Outcome>
}

package enum SessionDecision<Outcome: Sendable>: Sendable {
    /// Nothing is written: this rests on what is committed alone.
    case answer(Issuance<Outcome>)
    /// Write the lineage, unless the session has changed or ended meanwhile; then answer. Its recoveries are those of
    /// before.
    case advance(Session.Lineage, Outcome)
    /// Something else is to be written, too.
    case rule
}

/// | verdict | decision |
/// | --- | --- |
/// | refused, scope too wide | answer |
/// | the same successor, only an access token | answer, if the gate is open |
/// | rotate | advance, if the gate is open |
/// | recovery, fast-forward, replay, exhausted | rule: each is audited, and some end the session |
extension SessionRotation: SessionStep {
    package var session: SessionID { token.session }

    package func decide(
        _ record: SessionRecord?, _ moment: IssuanceMoment
    ) throws -> SessionDecision<RotationOutcome> {
        guard let record else { return .answer(.settled(.refused(.unknown))) }
        switch try SessionRules.judge(record, self, now: moment.instant) {
        case .refuse(let reason): return .answer(.settled(.refused(reason)))
        case .invalidScope: return .answer(.settled(.invalidScope))
        case .replay, .exhausted: return .rule
        case .answer(let kind, let lineage, let grant, let key):
            switch kind {
            case .recovered, .rolledBack: return .rule
            case .rotated, .sameSuccessor, .accessOnly: break
            }
            var answer = record
            if let lineage { answer.session.lineage = lineage }
            let issuance = moment.issue(record.user.issuedBefore, record.client.issuedBefore) { stamp in
                RotationOutcome.answered(
                    RefreshAnswer(kind: kind, record: answer, grant: grant, key: key, stamp: stamp))
            }
            guard let lineage, case .settled(let outcome) = issuance else { return .answer(issuance) }
            return .advance(lineage, outcome)
        }
    }

    package func run(_ ledger: any Ledger) throws -> Issuance<RotationOutcome> {
        try SessionRules.rotate(self, ledger)
    }
}

/// | session | decision |
/// | --- | --- |
/// | unknown, ended, expired | answer |
/// | live, its use is not to be noted | answer, if the gate is open or not asked |
/// | live, its use is to be noted | advance, if the gate is open or not asked |
extension SessionUse: SessionStep {
    package func decide(
        _ record: SessionRecord?, _ moment: IssuanceMoment
    ) throws -> SessionDecision<SessionUseOutcome> {
        guard let record,
            SessionValidity.judge(record, idleLifetime: idleLifetime, now: moment.instant) == .valid
        else { return .answer(.settled(.ended)) }
        let lineage = lineage(of: record, at: moment.instant)
        var answer = record
        if let lineage { answer.session.lineage = lineage }
        let issuance: Issuance<SessionUseOutcome> =
            issuesToken
            ? moment.issue(record.user.issuedBefore, record.client.issuedBefore) { .live(answer, $0) }
            : .settled(.live(answer, nil))
        guard let lineage, case .settled(let outcome) = issuance else { return .answer(issuance) }
        return .advance(lineage, outcome)
    }

    package func run(_ ledger: any Ledger) throws -> Issuance<SessionUseOutcome> { try SessionRules.use(self, ledger) }
}
