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

    private struct Cached {
        let document: Prepared
        let now: Timestamp
        let keyVersion: Int64
        let isLong: Bool
    }

    private struct State {
        var cached: [Key: Cached] = [:]
        var builds: [Key: Task<Prepared, any Error>] = [:]
    }

    /// From so many entries on encoding takes long enough to be felt.
    private static let long = 5000
    /// Below this size gzip saves no packet.
    private static let smallestGzip = 1024
    private static let capacity = 64

    private let signer: RevocationSigner
    private let nextUpdate: Duration
    private let thread = DispatchQueue(label: "latchkey.revocations", qos: .utility)
    private let state = Mutex(State())

    init(services: Services) {
        signer = RevocationSigner(services: services)
        nextUpdate = services.settings.revocations.nextUpdate
    }

    /// The document of a reading that was taken just now.
    /// - Throws: `StoreUnavailable` when it is to be signed and there is no active key.
    func document(of reading: RevocationReading, form: Form) async throws -> Prepared {
        let key = Key(after: reading.after, form: form)
        let tag = Self.tag(of: reading, form: form)
        if let found = cached(key, tag: tag, now: reading.now) { return found }
        guard reading.entries.count >= Self.long else {
            return keep(try build(reading, form: form, tag: tag), key, reading)
        }
        while true {
            if let found = cached(key, tag: tag, now: reading.now) { return found }
            let (task, isOwn) = state.withLock { state -> (Task<Prepared, any Error>, Bool) in
                if let running = state.builds[key] { return (running, false) }
                let task = Task { try await self.buildAside(reading, key, tag) }
                state.builds[key] = task
                return (task, true)
            }
            let result = await task.result
            // Whoever came while the same was being made waited for that; it may be of an earlier commit, or have
            // failed for somebody else's reason: then look again.
            if isOwn { return try result.get() }
            if case .success(let document) = result, document.tag == tag { return document }
        }
    }

    private func cached(_ key: Key, tag: EntityTag, now: Timestamp) -> Prepared? {
        let keyVersion = signer.keyVersion
        return state.withLock { state in
            guard let cached = state.cached[key], cached.document.tag == tag else { return nil }
            if key.form.kind == .signed, cached.keyVersion != keyVersion { return nil }
            // `now` in the document may be that much behind: a second where that is cheap to renew.
            let lifetime = cached.isLong || key.form.kind == .signed ? nextUpdate : .seconds(1)
            return cached.now <= now && now - cached.now < lifetime ? cached.document : nil
        }
    }

    private func keep(_ document: Prepared, _ key: Key, _ reading: RevocationReading) -> Prepared {
        let isLong = reading.entries.count >= Self.long
        let keyVersion = signer.keyVersion
        state.withLock { state in
            // A later one may have been made meanwhile.
            if let present = state.cached[key], present.now > reading.now { return }
            // Long ones are kept for one minute only: each form of them weighs as much as the list.
            let old = state.cached.filter { $0.value.isLong && reading.now - $0.value.now > .seconds(60) }
            for key in old.keys { state.cached[key] = nil }
            if state.cached.count >= Self.capacity { state.cached.removeAll(keepingCapacity: true) }
            state.cached[key] = Cached(
                document: document, now: reading.now, keyVersion: keyVersion, isLong: isLong)
        }
        return document
    }

    private func buildAside(_ reading: RevocationReading, _ key: Key, _ tag: EntityTag) async throws -> Prepared {
        defer { state.withLock { $0.builds[key] = nil } }
        let document = try await withCheckedThrowingContinuation { continuation in
            thread.async {
                continuation.resume(with: Result { try self.build(reading, form: key.form, tag: tag) })
            }
        }
        return keep(document, key, reading)
    }

    private func build(_ reading: RevocationReading, form: Form, tag: EntityTag) throws -> Prepared {
        let document = reading.document()
        let bytes =
            switch form.kind {
            case .list(let form): document.encode(form)
            case .signed: try signer.sign(document)
            }
        if form.gzip, bytes.count >= Self.smallestGzip, let compressed = Gzip.compress(bytes) {
            return Prepared(bytes: ByteBuffer(bytes: compressed), isGzip: true, tag: tag)
        }
        return Prepared(bytes: ByteBuffer(bytes: bytes), isGzip: false, tag: tag)
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
