import LatchkeyTokens
import Waiting

/// Lists of a store that other nodes write to as well.
///
/// A list belongs to the node that opened it, for as long as that process lives: only it gives places there, so no two
/// nodes write the same rows. Every node serves all lists. Of a list of another node it reads the new rows when
/// somebody asks for it after a revocation: a token has its row before it is signed, and so before it can be revoked.
extension StatusLists {
    /// Lists that are tried for one token. Only a revocation of everything makes one refuse it.
    private static let attempts = 4
    /// Rows are looked for from so long before the youngest known token: longer than a token waits for its row. Whether
    /// one waited longer still, a count shows.
    private static let overlap: Duration = .seconds(60)

    /// Gives a place in a list of this node.
    func place(for claims: AccessTokenClaims, keyID: KeyID) async throws -> StatusEntry {
        let expiry = StatusListRecord.expiry(for: claims.expiresAt)
        for _ in 0..<Self.attempts {
            let list = try await ownList(expiry)
            if let entry = try await store.placeStatus(for: claims, keyID: keyID, in: list) { return entry }
            shelf.withLock { if case .open(list.number) = $0.own[expiry] { $0.own[expiry] = nil } }
        }
        throw StoreUnavailable("status lists keep being revoked")
    }

    /// The list of this node for tokens of an expiry. All who miss one wait for the same.
    private func ownList(_ expiry: Timestamp) async throws -> StatusListRecord {
        let (known, opening) = shelf.withLock {
            shelf -> (StatusListRecord?, Task<StatusListRecord, any Error>?) in
            switch shelf.own[expiry] {
            case .open(let number):
                if let list = shelf.lists[number], list.tokens.count < list.record.size / 2 {
                    return (list.record, nil)
                }
            case .opening(let running): return (nil, running)
            case nil: break
            }
            let task = Task { try await self.open(expiry) }
            shelf.own[expiry] = .opening(task)
            return (nil, task)
        }
        if let known { return known }
        guard let opening else { throw CancellationError() }
        return try await opening.value
    }

    private func open(_ expiry: Timestamp) async throws -> StatusListRecord {
        do {
            let list = try await store.openStatusList(expiringAt: expiry)
            shelf.withLock { shelf in
                // Somebody may have asked for it and noted it as another node's, without a row so far.
                shelf.lists[list.number] = ShelvedStatusList(list)
                shelf.own[expiry] = .open(list.number)
            }
            return list
        } catch {
            shelf.withLock { $0.own[expiry] = nil }
            throw error
        }
    }

    // MARK: Lists of other nodes

    /// Learns of the lists that were opened before the call. Strangers ask for numbers that no list has, so this is done
    /// at most once a second for all who ask.
    func learn() async throws { try await records.join() }

    /// The list with its new rows, as of a moment after the call.
    func shared(_ number: Int64) async throws -> SignedStatusList? {
        if shelf.withLock({ $0.lists[number] == nil }) { try await learn() }
        let round = shelf.withLock { shelf -> Rounds<SignedStatusList?>? in
            guard shelf.lists[number] != nil else { return nil }
            if let known = shelf.rounds[number] { return known }
            let round = Rounds(every: .milliseconds(100)) { [weak self] in try await self?.renew(number) ?? nil }
            shelf.rounds[number] = round
            return round
        }
        return try await round?.join()
    }

    private func renew(_ number: Int64) async throws -> SignedStatusList? {
        // The revocations before the rows: a token that one of these names has had its row since before.
        let revocations = revocations.snapshot()
        guard let list = shelf.withLock({ $0.lists[number] }) else { return nil }
        if list.lacksRows(at: revocations.sequence) {
            let rows = try await store.statusEntries(of: list, overlap: Self.overlap)
            shelf.withLock { $0.lists[number]?.read(rows, sequence: revocations.sequence) }
        }
        return try await line.run { try self.ready(number) ?? self.build(number, revocations) }
    }
}
