import Dispatch
import LatchkeyCore
import LatchkeyTokens
import NIOCore
import Synchronization

/// The list's documents as bytes for the socket, shared by everyone who asks for the same one: a hundred pollers of a
/// long list cost its memory once, its encoding once and its compression once.
///
/// What takes long is made on a thread of its own, one at a time; whoever asks meanwhile waits for it. A document is
/// never older than the last commit before the request came.
final class RevocationDocuments: Sendable {
    /// How a document is wanted.
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
    }

    private struct Key: Hashable {
        let after: Int64
        let form: Form
    }

    private struct Cached: Sendable {
        let document: Prepared
        let epoch: String
        let sequence: Int64
        let now: Timestamp
        let keyVersion: Int64
    }

    private struct State {
        var short: [Key: Cached] = [:]
        /// Snapshots, one for each form.
        var long: [Form: Cached] = [:]
        var builds: [Form: Task<Cached, any Error>] = [:]
    }

    /// From so many entries on encoding takes long enough to be felt. More than the longest delta has.
    private static let long = 5000
    /// Below this size gzip saves no packet.
    private static let smallestGzip = 1024
    private static let capacity = 64
    /// Long documents that nobody has asked for since are given up: each form of them weighs as much as the list.
    private static let longLife: Duration = .seconds(60)

    private let feed: RevocationFeed
    private let signer: RevocationSigner
    private let nextUpdate: Duration
    private let thread = DispatchQueue(label: "latchkey.revocations", qos: .utility)
    private let state = Mutex(State())

    init(services: Services) {
        feed = services.feed
        signer = RevocationSigner(services: services)
        nextUpdate = services.settings.revocations.nextUpdate
    }

    /// What a query gets now.
    /// - Throws: `StoreUnavailable` when it is to be signed and there is no active key; `Refusal`
    ///   `temporarily_unavailable` when the client has gone meanwhile.
    func document(for query: RevocationQuery, form: Form) async throws -> Prepared {
        let reading = feed.read(query)
        guard reading.entries.count < Self.long else { return try await longDocument(reading, form) }
        let key = Key(after: reading.after, form: form)
        let tag = Self.tag(of: reading, form: form)
        let keyVersion = signer.keyVersion
        let found = state.withLock { state -> Prepared? in
            guard let cached = state.short[key], cached.document.tag == tag else { return nil }
            // `now` in the document is renewed each second; a signature is dearer.
            let lifetime = form.kind == .signed ? nextUpdate : .seconds(1)
            guard form.kind != .signed || cached.keyVersion == keyVersion else { return nil }
            return cached.now <= reading.now && reading.now - cached.now < lifetime ? cached.document : nil
        }
        if let found { return found }
        let cached = try build(reading, form: form)
        state.withLock { state in
            if state.short.count >= Self.capacity { state.short.removeAll(keepingCapacity: true) }
            state.short[key] = cached
        }
        return cached.document
    }

    // MARK: Long documents

    /// A snapshot that has at least what the reading had. It may be `next_update` old, and hold what expired since.
    private func longDocument(_ reading: RevocationReading, _ form: Form) async throws -> Prepared {
        while true {
            guard !Task.isCancelled else { throw Refusal(.temporarilyUnavailable, "The client has gone.") }
            let (found, task) = state.withLock { state -> (Cached?, Task<Cached, any Error>?) in
                if let cached = state.long[form], isGood(cached, for: reading, form) { return (cached, nil) }
                if let running = state.builds[form] { return (nil, running) }
                let task = Task { try await self.buildAside(form) }
                state.builds[form] = task
                return (nil, task)
            }
            if let found { return found.document }
            // A build reads the list when it begins. So whoever came during one that is too old shares the next one,
            // however many they are.
            guard let built = try await task?.value, isGood(built, for: reading, form) else { continue }
            return built.document
        }
    }

    private func isGood(_ cached: Cached, for reading: RevocationReading, _ form: Form) -> Bool {
        cached.epoch == reading.epoch && cached.sequence >= reading.sequence
            && reading.now - cached.now < nextUpdate
            && (form.kind != .signed || cached.keyVersion == signer.keyVersion)
    }

    private func buildAside(_ form: Form) async throws -> Cached {
        defer { state.withLock { $0.builds[form] = nil } }
        let built = try await withCheckedThrowingContinuation { continuation in
            thread.async {
                continuation.resume(with: Result { try self.build(self.feed.read(RevocationQuery()), form: form) })
            }
        }
        state.withLock { state in
            let old = state.long.filter { built.now - $0.value.now > Self.longLife }
            for form in old.keys { state.long[form] = nil }
            state.long[form] = built
        }
        return built
    }

    private func build(_ reading: RevocationReading, form: Form) throws -> Cached {
        let keyVersion = signer.keyVersion
        let document = reading.document()
        var bytes =
            switch form.kind {
            case .list(let form): document.encode(form)
            case .signed: try signer.sign(document)
            }
        let compressed = form.gzip && bytes.count >= Self.smallestGzip ? Gzip.compress(bytes) : nil
        if let compressed { bytes = compressed }
        return Cached(
            document: Prepared(
                bytes: ByteBuffer(bytes: bytes), isGzip: compressed != nil, tag: Self.tag(of: reading, form: form)),
            epoch: reading.epoch, sequence: reading.sequence, now: reading.now, keyVersion: keyVersion)
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
    private let keyRing: KeyRing
    private let algorithm: JWSAlgorithm
    private let lifetime: Duration

    init(services: Services) {
        keyRing = services.keyRing
        algorithm = services.settings.tokens.algorithm
        lifetime = services.settings.revocations.expiresIn
    }

    /// Changes with every change of the keys: what an older one signed may be condemned.
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
