import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/api/v1/admin/revocations`: the revocation log, and the administrator's way to add to it.
struct AdminRevocations: Sendable {
    /// The limit of an administrator's free text in the log, in code points.
    static let longestNote = 200

    let revocations: RevocationLog
    let users: UserService
    let feed: RevocationFeed
    /// Whether consumers must authenticate.
    let namesAreAuthenticated: Bool
    let clock: Clock

    var routes: [Route] {
        [
            Route(.get, AdminPath.revocations, "listRevocations", .admin(.reads, list)),
            Route(.post, AdminPath.revocations, "createRevocation", .admin(.changes, create)),
            Route(.get, AdminPath.oneRevocation, "getRevocation", .admin(.reads, get)),
        ]
    }

    /// Pages newest first; with `?after=SEQ` oldest first, for programs that follow the log.
    private func list(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let query = ListQuery(request)
        let page = try query.page()
        guard let after = try query.parameters.integer("after") else {
            return try .resource(try await revocations.page(page).resource(RevocationResource.init))
        }
        guard page.cursor == nil else {
            throw Refusal(.invalidRequest, "The parameters after and cursor cannot be combined.")
        }
        let records = try await revocations.entries(after: Int64(after), limit: page.limit)
        return try .resource(
            RevocationTail(
                items: records.map(RevocationResource.init), after: records.last?.entry.sequence ?? Int64(after)))
    }

    /// One entry and the consumers that have it: shows whether a revocation has arrived everywhere.
    private func get(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let sequence = Int64(try context.pathParameter("seq")) ?? 0
        let record = try await revocations.entry(sequence)
        let now = clock.now()
        let consumers = feed.consumers()
        let resources = { (belongs: (ConsumerStatus) -> Bool) in
            consumers.filter(belongs).map { ConsumerResource($0, now: now) }
        }
        return try .resource(
            RevocationSpread(
                revocation: RevocationResource(record), acknowledged: resources { $0.hasAcknowledged(sequence) },
                pending: resources { !$0.hasAcknowledged(sequence) && !$0.isGone },
                gone: resources { !$0.hasAcknowledged(sequence) && $0.isGone },
                namesAreAuthenticated: namesAreAuthenticated))
    }

    /// 201 with the entry, or 200 when there was nothing live to revoke: repeating a revocation is harmless and writes
    /// nothing.
    private func create(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let body = try RevocationCreate.read(from: request)
        guard let kind = RevocationEntry.Kind(rawValue: body.kind) else {
            let known = RevocationEntry.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalidRequest, "The member kind must be one of: \(known).")
        }
        guard body.reason.map({ $0.unicodeScalars.count <= Self.longestNote }) ?? true else {
            throw Refusal(.invalidRequest, "The member reason is limited to \(Self.longestNote) characters.")
        }
        guard kind == .all || body.sessions == nil else {
            throw Refusal(
                .invalidRequest, "The member sessions is only for kind all: the other kinds end their sessions anyway.")
        }
        if let token = body.token {
            guard kind == .token, body.id == nil else {
                throw Refusal(.invalidRequest, "The member token is only for kind token, without an id.")
            }
            return try answer(
                try await revocations.revoke(token: token.exposed, note: body.reason, actor: actor), body)
        }
        guard let target = try await target(kind, body) else { return try await condemnKey(body, actor) }
        let order = RevocationOrder(target, reason: .admin, note: body.reason, actor: actor)
        return try answer(try await revocations.revoke(order), body)
    }

    private func answer(_ outcome: RevocationOutcome, _ body: RevocationCreate) throws -> Response {
        switch outcome {
        case .revoked(let records, _): return try answer(records, body)
        case .nothingToRevoke: return try answer([], body)
        case .unknownTarget: throw Refusal(.notFound, "There is no such session, user or client.")
        }
    }

    /// Nil for kind `key`, which involves the key schedule.
    private func target(_ kind: RevocationEntry.Kind, _ body: RevocationCreate) async throws -> RevocationTarget? {
        if kind == .all {
            guard body.id == nil else { throw Refusal(.invalidRequest, "Kind all takes no id.") }
            return .all(sessions: body.sessions ?? false)
        }
        guard let id = body.id else { throw Refusal(.invalidRequest, "The member id is missing.") }
        let malformed = Refusal(.invalidRequest, "The member id does not have the form of this kind.")
        switch kind {
        case .token:
            guard let id = TokenID(id) else { throw malformed }
            return .token(id, session: nil, expiresAt: nil)
        case .session:
            guard let id = SessionID(id) else { throw malformed }
            return .session(id)
        case .user: return .user(try await users.find(id).id)
        case .client:
            guard let id = ClientID(id) else { throw malformed }
            return .client(id)
        case .key, .all: return nil
        }
    }

    /// Only a key that no longer signs. For a key that may sign, the refusal points to the emergency rotation, which
    /// gives it a successor.
    private func condemnKey(_ body: RevocationCreate, _ actor: Actor) async throws -> Response {
        let id = try AdminKeys.keyID(body.id ?? "")
        return try answer(try await revocations.condemnKey(id, actor: actor), body)
    }

    private func answer(_ records: [RevocationRecord], _ body: RevocationCreate) throws -> Response {
        guard let record = records.first else {
            return try .resource(
                RevocationUnchanged(kind: body.kind, id: body.id, detail: "There was nothing live to revoke."))
        }
        return try .resource(RevocationResource(record), status: .created)
    }
}

extension RevocationResource {
    init(_ record: RevocationRecord) {
        let entry = record.entry
        self.init(
            seq: entry.sequence, kind: entry.kind.rawValue, id: entry.id, issuedBefore: entry.issuedBefore?.seconds,
            expiresAt: entry.expiresAt.seconds, revokedAt: record.revokedAt.seconds, reason: record.reason.rawValue,
            note: record.note, actor: record.actor.text)
    }
}
