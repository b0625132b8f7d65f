package import LatchkeyCore
import LatchkeyTokens

extension SQLiteStore {
    package func rotateSession(_ request: SessionRotation) async throws -> Issuance<RotationOutcome> {
        let issuance = try await writer.perform { try $0.rotate(request) }
        if case .granted(.sameSuccessor(let record, elsewhere: true), let issuedAt, _) = issuance {
            // This answer writes nothing and waits for no disk; the note follows by itself and may be lost.
            writer.submit { transaction in
                try AuditRow.append(
                    record.event(.refreshReusedElsewhere, at: issuedAt, network: request.network),
                    transaction.database)
            }
        }
        return issuance
    }
}

extension Transaction {
    /// DESIGN 3: the token itself, client binding, then session, user and client state, then expiry, then the generation. The gate is
    /// asked last, so that a refusal or a replay never waits for the clock.
    fileprivate func rotate(_ request: SessionRotation) throws -> Issuance<RotationOutcome> {
        guard let record = try SessionRow.find(request.session, database) else {
            return try settled(.refused(.unknown))
        }
        try request.admit(record)
        let session = record.session
        guard session.client == request.client else { return try settled(.refused(.wrongClient)) }
        guard session.transport == request.transport else { return try settled(.refused(.wrongTransport)) }
        switch SessionValidity.judge(record, idleLifetime: request.policy.idleLifetime, now: instant) {
        case .revoked: return try settled(.refused(.revoked))
        case .expired: return try settled(.refused(.expired))
        case .valid: break
        }
        let decision = RefreshDecision.decide(
            lineage: session.lineage, presented: request.generation, transport: session.transport,
            network: request.network, policy: request.policy, now: instant)
        switch decision {
        case .replay(let behind, let age):
            return try endReplayed(record, request, behind: behind, age: age)
        case .exhausted:
            _ = try revoke(RevocationOrder(.session(session.id), reason: .expired, actor: .system))
            return try settled(.refused(.expired))
        case .rotate, .sameSuccessor, .accessOnly, .recover, .fastForward:
            if let scope = request.scope, !scope.isSubset(of: session.scope) { return try settled(.invalidScope) }
            let gate = try gate(record.user.issuedBefore, record.client.issuedBefore)
            return try issue(gate) { _ in try apply(decision, to: record, request) }
        }
    }

    private func apply(
        _ decision: RefreshDecision, to record: SessionRecord, _ request: SessionRotation
    ) throws -> RotationOutcome {
        switch decision {
        case .rotate(let lineage):
            return .rotated(try write(lineage, record))
        case .recover(let lineage):
            try AuditRow.append(
                record.event(
                    .refreshRecovered, at: instant, network: request.network,
                    details: ["skipped": String(record.session.lineage.current), "count": String(lineage.recoveries)]),
                database)
            return .recovered(try write(lineage, record))
        case .fastForward(let lineage):
            try AuditRow.append(
                record.event(
                    .storeRolledBack, at: instant, network: request.network,
                    details: [
                        "presented": String(request.generation), "stored": String(record.session.lineage.current),
                    ]),
                database)
            return .rolledBack(try write(lineage, record))
        case .sameSuccessor(let elsewhere):
            return .sameSuccessor(record, elsewhere: elsewhere)
        case .accessOnly:
            return .accessOnly(record)
        case .replay, .exhausted:
            throw StoreFault("a decision that ends the session was to be applied")
        }
    }

    private func write(_ lineage: Session.Lineage, _ record: SessionRecord) throws -> SessionRecord {
        try SessionRow.update(lineage, of: record.session, database)
        var session = record.session
        session.lineage = lineage
        return SessionRecord(
            session: session, user: record.user, client: record.client, allEndedAt: record.allEndedAt)
    }

    private func endReplayed(
        _ record: SessionRecord, _ request: SessionRotation, behind: UInt32, age: Duration
    ) throws -> Issuance<RotationOutcome> {
        try AuditRow.append(
            record.event(
                .refreshReplayed, at: instant, network: request.network,
                details: ["behind": String(behind), "age_seconds": String(age.components.seconds)]),
            database)
        _ = try revoke(RevocationOrder(.session(record.session.id), reason: .replay, actor: .system))
        return try settled(.refused(.replayed))
    }
}

extension SessionRecord {
    /// An event about this session that nobody in particular caused.
    fileprivate func event(
        _ kind: AuditEvent.Kind, at instant: Timestamp, network: String, details: [String: String] = [:]
    ) -> AuditEvent {
        AuditEvent(
            kind, at: instant, actor: .system, user: user.id, session: session.id, client: client.id,
            network: network, details: details)
    }
}
