package import LatchkeyTokens

/// The transactions that assign places to tokens.
package enum StatusListRules {
    /// Attempts to find a free place; at most half of a list is used, so each fails at most every other time.
    private static let attempts = 64

    /// Assigns a token that is about to be signed a random place in a Token Status List that no other token has or had.
    /// The list retires with tokens that expire at about the same time, and was opened after the second of the latest
    /// `all` entry.
    package static func reserve(
        for claims: AccessTokenClaims, keyID: KeyID, _ ledger: any Ledger
    ) throws -> StatusEntry {
        let expiry = StatusListRecord.expiry(for: claims.expiresAt)
        let list = try open(expiry, ledger) ?? begin(expiry, ledger)
        let entry = try insert(claims, keyID, in: list, ledger)
        try ledger.statusLists.countPlace(of: list)
        return entry
    }

    /// The same in a list of one node, which knows how many places it gave: a count in the database would be a row that
    /// every token waits for.
    /// - Returns: nil when an `all` entry covers the list. It takes no more tokens.
    static func place(
        _ claims: AccessTokenClaims, _ keyID: KeyID, in list: StatusListRecord, _ ledger: any Ledger
    ) throws -> StatusEntry? {
        guard !list.isCovered(byAll: try ledger.state.row().stored.issuedBefore) else { return nil }
        return try insert(claims, keyID, in: list, ledger)
    }

    private static func insert(
        _ claims: AccessTokenClaims, _ keyID: KeyID, in list: StatusListRecord, _ ledger: any Ledger
    ) throws -> StatusEntry {
        for _ in 0..<attempts {
            let place = Int64.random(in: 0..<Int64(list.size))
            let position = StatusPosition(list: list.number, place: place)
            guard try ledger.statusLists.insert(claims, keyID: keyID, at: position) else { continue }
            return StatusEntry(list: list, place: place, token: RevocationSubject(claims, keyID: keyID))
        }
        throw StoreFault("no place was found in a status list that is half empty")
    }

    /// A list with room for tokens of this expiry. A list that an `all` entry covers takes no more tokens: everything
    /// in it reads INVALID.
    private static func open(_ expiry: Timestamp, _ ledger: any Ledger) throws -> StatusListRecord? {
        let mark = try ledger.state.row().stored.issuedBefore
        return try ledger.statusLists.open(
            expiringAt: expiry,
            openedFrom: mark.map { Timestamp(seconds: $0 + 1) } ?? Timestamp(milliseconds: 0))
    }

    static func begin(_ expiry: Timestamp, _ ledger: any Ledger) throws -> StatusListRecord {
        let list = StatusListRecord(
            number: max(try ledger.statusLists.lastNumber() + 1, ledger.instant.milliseconds),
            size: StatusListRecord.newSize, openedAt: ledger.instant, expiresAt: expiry)
        try ledger.statusLists.insert(list)
        return list
    }
}

extension Store {
    /// See ``StatusListRules/reserve(for:keyID:_:)``. On disk before it returns.
    package func reserveStatus(for claims: AccessTokenClaims, keyID: KeyID) async throws -> StatusEntry {
        try await write { try StatusListRules.reserve(for: claims, keyID: keyID, $0) }.value
    }

    /// See ``StatusListRules/place(_:_:in:_:)``. On disk before it returns.
    func placeStatus(
        for claims: AccessTokenClaims, keyID: KeyID, in list: StatusListRecord
    ) async throws -> StatusEntry? {
        try await write(.rows) { try StatusListRules.place(claims, keyID, in: list, $0) }.value
    }

    /// Opens a list for tokens of this expiry.
    func openStatusList(expiringAt expiry: Timestamp) async throws -> StatusListRecord {
        try await write { try StatusListRules.begin(expiry, $0) }.value
    }

    /// Those that have not retired.
    func statusLists() async throws -> [StatusListRecord] {
        let now = expiryClock.now()
        return try await read { try $0.statusLists.lists(from: 0, at: now) }
    }

    /// The rows of another node's list that are not known, perhaps with some that are.
    ///
    /// Rows have no order in which they were written, so those are read whose tokens are not much older than the
    /// youngest known one; and all of them, if there are still more than that.
    func statusEntries(of list: ShelvedStatusList, overlap: Duration) async throws -> [StatusEntry] {
        let youngest = list.tokens.map(\.issuedAt).max()
        let (record, known) = (list.record, list.known)
        return try await read(snapshot: true) { looks in
            let count = try looks.statusLists.count(of: record)
            guard count > known.count else { return [] }
            let young = try looks.statusLists.entries(
                of: record, issuedFrom: youngest.map { Timestamp(seconds: $0) - overlap })
            let news = young.count { !known.contains(UInt32(truncatingIfNeeded: $0.place)) }
            guard known.count + news < count else { return young }
            return try looks.statusLists.entries(of: record, issuedFrom: nil)
        }
    }

    /// The places in lists that have not retired, in order of list and place, at most `limit`.
    package func statusEntries(after position: StatusPosition?, limit: Int) async throws -> [StatusEntry] {
        let now = expiryClock.now()
        return try await read { looks in
            var entries: [StatusEntry] = []
            // List by list: retired lists that the sweep has not reached yet are skipped, however long they are.
            for list in try looks.statusLists.lists(from: position?.list ?? 0, at: now) where entries.count < limit {
                let start = list.number == position?.list ? position?.place : nil
                entries += try looks.statusLists.entries(of: list, after: start, limit: limit - entries.count)
            }
            return entries
        }
    }
}
