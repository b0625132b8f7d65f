import LatchkeyCore
import LatchkeyTokens
import NIOCore
import Synchronization
import Waiting

/// The list's documents as bytes for the socket, shared by all requests for the same one: a hundred pollers of a long
/// list cost its memory once, its encoding once and its compression once.
///
/// Slow documents are built on a thread of their own, one at a time; further requests wait for the result. A document
/// is never older than the last commit before the request arrived.
final class RevocationDocuments: Sendable {
    /// The requested form of a document.
    struct Form: Sendable, Hashable {
        enum Kind: Sendable, Hashable { case list(RevocationDocument.Form), signed }
        let kind: Kind
        let gzip: Bool
    }

    struct Prepared: Sendable {
        let bytes: ByteBuffer
        let isGzip: Bool
        /// Weak entity tag: epoch, `seq`, the set of live entries and the form; not `now`.
        let tag: EntityTag
        /// Whether a request that arrives now gets it too.
        let isCurrent: @Sendable () -> Bool
        fileprivate let stamp: RevocationStamp
        fileprivate let now: Timestamp
        fileprivate let keyVersion: Int64
    }

    private struct Key: Hashable {
        let after: Int64
        let form: Form
    }

    private struct State {
        var short: [Key: Prepared] = [:]
        /// Snapshots, one for each form.
        var long: [Form: Prepared] = [:]
        var builds: [Form: Task<Prepared, any Error>] = [:]
    }

    /// From this many entries on, encoding takes noticeably long. More than the longest delta has.
    private static let long = 5000
    /// With fewer entries a document is built while its reader waits, on the event loop: some tens of microseconds.
    private static let quick = 100
    /// Below this size gzip saves no packet.
    private static let smallestGzip = 1024
    private static let capacity = 64
    /// Long documents that have not been requested for this long are released: each form of them is as large as the
    /// list.
    private static let longLife: Duration = .seconds(60)

    private let feed: RevocationFeed
    private let signer: RevocationSigner
    private let nextUpdate: Duration
    private let line = WorkLine("latchkey.revocations")
    private let state = Mutex(State())

    init(feed: RevocationFeed, signer: RevocationSigner, nextUpdate: Duration) {
        self.feed = feed
        self.signer = signer
        self.nextUpdate = nextUpdate
    }

    /// The current document for a query.
    /// - Throws: `StoreUnavailable` when it must be signed and there is no active key; `Refusal`
    ///   `temporarily_unavailable` when the client has gone meanwhile, or knows more than this node.
    func document(for query: RevocationQuery, form: Form) async throws -> Prepared {
        let reading = try await feed.answer(to: query)
        guard reading.entries.count < Self.long else { return try await longDocument(query, reading, form) }
        let key = Key(after: reading.after, form: form)
        if let found = found(key) { return found }
        guard reading.entries.count >= Self.quick else { return keep(try build(reading, form: form), key) }
        // On another thread, so that no other request waits for it; one after the other, so that requests for the same
        // document share the first result.
        return try await line.run { try self.found(key) ?? self.keep(try self.build(reading, form: form), key) }
    }

    private func found(_ key: Key) -> Prepared? {
        guard let made = state.withLock({ $0.short[key] }), made.isCurrent() else { return nil }
        return made
    }

    private func keep(_ made: Prepared, _ key: Key) -> Prepared {
        state.withLock { state in
            if state.short.count >= Self.capacity, let victim = state.short.keys.randomElement() {
                state.short[victim] = nil
            }
            state.short[key] = made
        }
        return made
    }

    // MARK: Long documents

    /// A snapshot with at least the entries of the reading. It may be `next_update` old, and contain entries that have
    /// expired since.
    private func longDocument(
        _ query: RevocationQuery, _ reading: RevocationReading, _ form: Form
    ) async throws -> Prepared {
        while true {
            guard !Task.isCancelled else { throw Refusal(.temporarilyUnavailable, "The client has gone.") }
            let (found, task) = state.withLock { state -> (Prepared?, Task<Prepared, any Error>?) in
                if let made = state.long[form], isGood(made, for: reading, form) { return (made, nil) }
                if let running = state.builds[form] { return (nil, running) }
                let task = Task { try await self.buildAside(form) }
                state.builds[form] = task
                return (nil, task)
            }
            if let found { return found }
            // A build reads the list when it begins. So requests that arrive during a build that is too old share the
            // next one, however many they are.
            guard let built = try await task?.value else { continue }
            if isGood(built, for: reading, form) { return built }
            // Another epoch has begun meanwhile, and no build will ever be one of the old.
            guard built.stamp.epoch == reading.epoch else { return try await document(for: query, form: form) }
        }
    }

    private func isGood(_ made: Prepared, for reading: RevocationReading, _ form: Form) -> Bool {
        made.stamp.epoch == reading.epoch && made.stamp.sequence >= reading.sequence
            && reading.now - made.now < nextUpdate
            && (form.kind != .signed || made.keyVersion == signer.keyVersion)
    }

    private func buildAside(_ form: Form) async throws -> Prepared {
        defer { state.withLock { $0.builds[form] = nil } }
        let built = try await line.run { try self.build(self.feed.read(RevocationQuery()), form: form) }
        state.withLock { state in
            let old = state.long.filter { built.now - $0.value.now > Self.longLife }
            for form in old.keys { state.long[form] = nil }
            state.long[form] = built
        }
        return built
    }

    private func build(_ reading: RevocationReading, form: Form) throws -> Prepared {
        let keyVersion = signer.keyVersion
        let document = reading.document()
        var bytes =
            switch form.kind {
            case .list(let form): document.encode(form)
            case .signed: try signer.sign(document)
            }
        let compressed = form.gzip && bytes.count >= Self.smallestGzip ? Gzip.compress(bytes) : nil
        if let compressed { bytes = compressed }
        return Prepared(
            bytes: ByteBuffer(bytes: bytes), isGzip: compressed != nil, tag: Self.tag(of: reading, form: form),
            isCurrent: validity(of: reading, form, keyVersion), stamp: reading.stamp, now: reading.now,
            keyVersion: keyVersion)
    }

    /// Whether a document is still the one to send. A short one is replaced as soon as an entry arrives or expires, a
    /// long one when an entry arrives; and each when its time is up.
    private func validity(
        of reading: RevocationReading, _ form: Form, _ keyVersion: Int64
    ) -> @Sendable () -> Bool {
        let isLong = reading.entries.count >= Self.long
        let isSigned = form.kind == .signed
        // `now` in the document is renewed each second; a signature costs more, and so does a long list.
        let lifetime = isSigned || isLong ? nextUpdate : .seconds(1)
        let (stamp, made) = (reading.stamp, reading.now)
        return { [feed, signer] in
            guard let (current, now) = feed.standing(), made <= now, now - made < lifetime,
                !isSigned || signer.keyVersion == keyVersion
            else { return false }
            return isLong ? current.epoch == stamp.epoch && current.sequence == stamp.sequence : current == stamp
        }
    }

    private static func tag(of reading: RevocationReading, form: Form) -> EntityTag {
        let variant =
            switch form.kind {
            case .list(.plain): "json"
            case .list(.columns): "columns"
            case .signed: "jwt"
            }
        return EntityTag("\(reading.name)-\(variant)", isWeak: true)
    }
}

/// Signs documents of the list with the active key of the default algorithm.
struct RevocationSigner: Sendable {
    let keyRing: KeyRing
    let algorithm: JWSAlgorithm
    let lifetime: Duration

    /// Changes with every change of the keys: the signature of an older one may be condemned.
    var keyVersion: Int64 { keyRing.current.version }

    /// The compact form, valid for `revocations.expires_in` from the document's `now`.
    /// - Throws: `StoreUnavailable` without an active key.
    func sign(_ document: RevocationDocument) throws -> [UInt8] {
        guard let signer = keyRing.current.signer(for: algorithm) else {
            throw StoreUnavailable("no active signing key for the revocation list")
        }
        return try SignedRevocationDocument.sign(
            document, issuedAt: document.now, expiresAt: document.now + lifetime,
            headerSegment: JWSHeader(algorithm: signer.algorithm, type: JWSHeader.revocationsType, keyID: signer.id)
                .segment()
        ) { input in try signer.signature(of: input) }
    }
}
