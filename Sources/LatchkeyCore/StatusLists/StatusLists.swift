package import LatchkeyTokens
import Waiting

/// Token Status Lists (draft-ietf-oauth-status-list) beside our own revocation list, for software that reads those.
/// Exists only when `status_list.enabled`.
///
/// Each access token has a place of its own. A place for a whole session could not reflect a revocation of everything,
/// of one token or of a key without affecting tokens that the revocation does not mean. A place is on disk before its
/// token is signed. The content of a list is computed from its rows and the revocation index when it is requested, and
/// kept until either changes.
package final class StatusLists: Sendable {
    /// Compresses into the ZLIB format (RFC 1950) at the highest level; nil when there is no memory.
    package typealias Deflate = @Sendable ([UInt8]) -> [UInt8]?

    /// Under the issuer: the aggregation; with `/` and a number, a list.
    package static let path = "/statuslists"
    private static let loadChunk = 5000

    private let settings: Settings
    let store: any Store
    private let ring: KeyRing
    let revocations: RevocationFeed
    private let deflate: Deflate
    let shelf = StatusShelf()
    /// Building takes milliseconds that an event loop does not have. Concurrent callers find it done.
    let line = WorkLine("latchkey.status-lists")
    /// Looks for lists that other nodes opened.
    let records: Rounds<Void>

    package init(
        settings: Settings, store: any Store, ring: KeyRing, revocations: RevocationFeed,
        deflate: @escaping Deflate
    ) {
        self.settings = settings
        self.store = store
        records = Rounds(every: .seconds(1)) { [shelf] in shelf.note(try await store.statusLists()) }
        self.ring = ring
        self.revocations = revocations
        self.deflate = deflate
    }

    /// Loads the places of tokens that may be alive. Before anything is served.
    package func start() async throws {
        // Lists of other nodes, and of earlier processes of this one, are read when somebody asks for them.
        guard store.sharing == nil else { return try await learn() }
        var last: StatusPosition?
        while true {
            let entries = try await store.statusEntries(after: last, limit: Self.loadChunk)
            for entry in entries { add(entry) }
            guard entries.count == Self.loadChunk else { return }
            last = entries.last?.position
        }
    }

    /// Assigns its place to a token that is about to be signed with this key. Durable on return.
    package func reserve(for claims: AccessTokenClaims, keyID: KeyID) async throws -> StatusReference {
        let entry =
            store.sharing == nil
            ? try await store.reserveStatus(for: claims, keyID: keyID) : try await place(for: claims, keyID: keyID)
        add(entry)
        return StatusReference(index: entry.place, uri: uri(entry.list.number))
    }

    /// The URIs of the lists that have not retired, oldest first.
    package func uris() async -> [String] {
        // Without the database, those that are known.
        if store.sharing != nil { try? await learn() }
        let numbers = shelf.withLock { shelf in
            prune(&shelf)
            return shelf.lists.keys.sorted()
        }
        return numbers.map(uri)
    }

    /// The list with this number as of now: it includes every revocation before the call. It is signed again when it
    /// changed, when its key may no longer sign, or when it is as old as its `ttl`.
    ///
    /// - Returns: nil for a number that was never a list, or for a retired list.
    /// - Throws: ``StoreUnavailable`` when there is no active key.
    package func list(_ number: Int64) async throws -> SignedStatusList? {
        if let ready = try ready(number) { return ready }
        if store.sharing != nil { return try await shared(number) }
        guard shelf.withLock({ $0.lists[number] != nil }) else { return nil }
        return try await line.run { try self.ready(number) ?? self.build(number, self.revocations.snapshot()) }
    }

    // MARK: Building

    /// The signed list, if it need not be signed again.
    func ready(_ number: Int64) throws -> SignedStatusList? {
        let now = revocations.time()
        let signer = try signer()
        let (_, sequence, epoch) = revocations.snapshot()
        return shelf.withLock { shelf in
            prune(&shelf)
            shelf.begin(epoch: epoch)
            guard let list = shelf.lists[number], let built = list.built, built.sequence == sequence,
                built.rows == list.tokens.count, isFresh(built, signer, now)
            else { return nil }
            return built.signed
        }
    }

    /// - Parameter known: read before the rows: a row that arrives in between is judged by later revocations, and a row
    ///   that arrives afterwards finds that this list does not include its number.
    func build(_ number: Int64, _ known: RevocationFeed.Snapshot) throws -> SignedStatusList? {
        let now = revocations.time()
        let signer = try signer()
        let sequence = known.sequence
        guard let list = shelf.withLock({ $0.lists[number] }) else { return nil }
        let statuses = list.statuses(known.index)
        var built = ShelvedStatusList.Built(
            signed: try sign(list, statuses, signer, now), statuses: statuses, builtAt: now, keyID: signer.id,
            sequence: sequence, rows: list.tokens.count)
        if let before = list.built, before.statuses == statuses, isFresh(before, signer, now) {
            built = before
            built.sequence = sequence
            built.rows = list.tokens.count
        }
        let result = built
        shelf.withLock { if $0.epoch == known.epoch { $0.lists[number]?.built = result } }
        return result.signed
    }

    private func sign(
        _ list: ShelvedStatusList, _ statuses: StatusList, _ signer: KeyRingSnapshot.Signer, _ now: Timestamp
    ) throws -> SignedStatusList {
        guard let compressed = deflate(statuses.bytes) else { throw StoreUnavailable("no memory for a status list") }
        let ttl = settings.statusList.timeToLive
        let token = StatusListToken(
            uri: uri(list.record.number), issuedAt: now,
            // Served for up to one `ttl`, kept by a cache for a second and by its reader for another `ttl`; the rest is
            // a reserve for when we cannot be reached.
            expiresAt: now + ttl + ttl + ttl + ttl, timeToLive: ttl, aggregationURI: settings.issuer + Self.path,
            list: statuses)
        let header = JWSHeader(algorithm: signer.algorithm, type: JWSHeader.statusListType, keyID: signer.id)
        let text = try token.sign(compressed: compressed, headerSegment: header.segment()) { input in
            try signer.signature(of: input)
        }
        // The end of the signature: it differs whenever the content does.
        return SignedStatusList(text: text, etag: "W/\"s\(String(decoding: text.suffix(32), as: UTF8.self))\"")
    }

    private func signer() throws -> KeyRingSnapshot.Signer {
        guard let signer = ring.current.signer(for: settings.tokens.algorithm) else {
            throw StoreUnavailable("no active signing key for the status lists")
        }
        return signer
    }

    private func isFresh(
        _ built: ShelvedStatusList.Built, _ signer: KeyRingSnapshot.Signer, _ now: Timestamp
    ) -> Bool {
        built.keyID == signer.id && built.builtAt <= now && now - built.builtAt < settings.statusList.timeToLive
    }

    // MARK: Memory

    private func add(_ entry: StatusEntry) {
        let (isRevoked, sequence) = revocations.judge(entry.token)
        shelf.withLock { shelf in
            if shelf.lists[entry.list.number] == nil { prune(&shelf) }
            shelf.lists[entry.list.number, default: ShelvedStatusList(entry.list)]
                .add(entry, isRevoked: isRevoked, sequence: sequence)
        }
    }

    /// Drops the lists whose last token no verifier accepts any more, whatever its clock says.
    private func prune(_ shelf: inout StatusShelf.State) {
        let now = store.expiryClock.now()
        let retired = shelf.lists.values.filter { now >= $0.record.expiresAt + settings.tokens.maxSkew }
        for list in retired { shelf.remove(list.record) }
    }

    private func uri(_ number: Int64) -> String { "\(settings.issuer)\(Self.path)/\(number)" }
}
