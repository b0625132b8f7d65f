package import Argon2
package import LatchkeyTokens
package import Logging
import ServiceLifecycle

/// Moves the signing keys along their timeline and keeps the key ring current.
///
/// Private keys are generated outside of any transaction. A change is applied only if the key table is still the one
/// that it was planned for; otherwise it is planned again.
package struct KeyRotationService: Service, CustomStringConvertible {
    /// Only the name, because services are logged when they start.
    package var description: String { "KeyRotationService" }
    private let store: any Store
    private let masterKeys: MasterKeyRing
    private let ring: KeyRing
    private let pool: HashPool
    private let settings: Settings
    private let clock: Clock
    private let logger: Logger
    private let line = WaitingLine<String>(limit: 256, limitPerKey: 256)

    /// How often the schedule is checked.
    private static let period: Duration = .seconds(60)

    package init(
        store: any Store, masterKeys: MasterKeyRing, ring: KeyRing, pool: HashPool, settings: Settings, clock: Clock,
        logger: Logger
    ) {
        self.store = store
        self.masterKeys = masterKeys
        self.ring = ring
        self.pool = pool
        self.settings = settings
        self.clock = clock
        self.logger = logger
    }

    /// Proves the master key, creates the first keys and loads the ring. Call it before anything is served.
    /// - Throws: ``MasterKeyFault`` with a sentence for the operator.
    package func start() async throws {
        if try await !checkMasterKey() {
            try await store.setMasterKeyProbe(
                try masterKeys.seal(MasterKeyRing.probeText, purpose: .probe, context: MasterKeyRing.probeText))
            // Another node may have been first, with another key.
            try await checkMasterKey()
        }
        try await tick()
    }

    /// - Returns: whether something is sealed already, and with this master key.
    /// - Throws: ``MasterKeyFault`` when it is another one.
    @discardableResult
    package func checkMasterKey() async throws -> Bool {
        guard let probe = try await store.masterKeyProbe() else { return false }
        guard masterKeys.opens(probe: probe) else {
            throw MasterKeyFault(
                "The database is sealed with a different master key. Restore the right key (master.key, or LATCHKEY_MASTER_KEY); nothing was changed."
            )
        }
        return true
    }

    /// Runs the schedule once a minute until shutdown. A failure is logged and tried again: tokens are still signed
    /// with the existing key.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.period)
                if Task.isCancelled { return }
                do {
                    try await tick()
                } catch {
                    logger.error("key schedule failed", metadata: ["lk.error": "\(error)"])
                }
            }
        }
    }

    /// Does the due steps and reloads the ring.
    package func tick() async throws {
        try await apply(actor: .system) { table, now in
            let steps = lifecycle(horizon: try await store.revocationState().tokenHorizon)
                .due(keys: table.keys, algorithms: try await algorithmsInUse(), now: now)
            return steps.isEmpty ? nil : Plan(steps: steps)
        }
    }

    /// Reads the key table again if it is newer than the ring.
    package func reload(atLeast version: Int64 = .max) async throws {
        guard ring.current.version < version else { return }
        try await load(evenIfOlder: false)
    }

    /// Reads the key table again after the history of the database has changed: keys that it lost must not sign.
    package func reloadAll() async throws { try await load(evenIfOlder: true) }

    private func load(evenIfOlder: Bool) async throws {
        let table = try await store.keyTable(includingGone: false)
        ring.publish(try KeyRingSnapshot(table: table, masterKeys: masterKeys), evenIfOlder: evenIfOlder)
    }

    /// All keys with their timeline, newest first; keys that are gone only on request.
    package func list(includingGone: Bool) async throws -> [SigningKeyRecord] {
        try await store.keyTable(includingGone: includingGone).keys.sorted { $0.announcedAt > $1.announcedAt }
    }

    /// Advances by hand: the announced key of `algorithm` (default: of every algorithm in use) starts to sign.
    /// - Throws: ``Refusal`` `conflict` when it has not been announced for long enough.
    package func rotate(algorithm: JWSAlgorithm?, actor: Actor) async throws {
        try await apply(actor: actor) { table, now in
            let lifecycle = lifecycle(horizon: try await store.revocationState().tokenHorizon)
            let algorithms: Set<JWSAlgorithm>
            if let algorithm {
                algorithms = [algorithm]
            } else {
                algorithms = Set(table.keys.filter { $0.state == .active }.map(\.algorithm))
            }
            var steps: [KeyLifecycle.Step] = []
            for algorithm in algorithms.sorted(by: { $0.rawValue < $1.rawValue }) {
                steps += try lifecycle.rotateNow(keys: table.keys, algorithm: algorithm, now: now)
            }
            return Plan(steps: steps)
        }
    }

    /// For a stolen key: creates new active and announced keys for every algorithm, withdraws every other key at once
    /// with a `key` entry, and revokes `all` for the honest tokens. With `only`, it withdraws that one key: its `key`
    /// entry kills every token that the key signed. Sessions continue.
    /// - Throws: ``Refusal`` `not_found` for an unknown `only`.
    package func emergency(
        only: KeyID? = nil, reason: RevocationReason = .emergencyRotation, actor: Actor
    ) async throws {
        try await apply(actor: actor, includingGone: only != nil) { table, _ in
            var withdrawn = table.keys.filter { $0.state != .gone }
            if let only {
                withdrawn = table.keys.filter { $0.id == only }
                guard let key = withdrawn.first else {
                    throw Refusal(.notFound, "There is no signing key with this kid.")
                }
                guard !key.withdrawn else { return nil }
            }
            let steps = withdrawn.flatMap { key -> [KeyLifecycle.Step] in
                switch key.state {
                case .active: [.createActive(key.algorithm)]
                case .announced: [.createAnnounced(key.algorithm)]
                case .retired, .gone: []
                }
            }
            return Plan(steps: steps, withdrawn: withdrawn.map(\.id), revokeAll: only == nil, reason: reason)
        }
    }

    /// Imports an external private key as the next key of its algorithm: announced, or active when it is the first.
    /// - Throws: ``Refusal`` `invalidRequest` for an unusable PEM, `conflict` for a key that is already there.
    package func importPEM(_ pem: String, algorithm: JWSAlgorithm?, actor: Actor) async throws -> KeyID {
        let (key, algorithm) = try PrivateKey.parse(pem: pem, algorithm: algorithm)
        let id = try key.publicKey(for: algorithm).keyID
        try await apply(actor: actor, includingGone: true) { table, _ in
            guard !table.keys.contains(where: { $0.id == id }) else {
                throw Refusal(.conflict, "This key is already in the key table; a key is never used twice.")
            }
            let first = !table.keys.contains { $0.algorithm == algorithm && $0.state == .active }
            let replaced = table.keys.filter { $0.algorithm == algorithm && $0.state == .announced }.map(\.id)
            return Plan(
                steps: [first ? .createActive(algorithm) : .createAnnounced(algorithm)], imported: key,
                dropped: first ? [] : replaced)
        }
        return id
    }

    /// Makes sure that `algorithm` has keys: called before a client is allowed to use it.
    package func ensure(_ algorithm: JWSAlgorithm) async throws {
        guard ring.current.signer(for: algorithm) == nil else { return }
        try await apply(actor: .system) { table, now in
            let steps = lifecycle(horizon: try await store.revocationState().tokenHorizon)
                .due(keys: table.keys, algorithms: [algorithm], now: now)
            return steps.isEmpty ? nil : Plan(steps: steps)
        }
    }

    // MARK: - Planning and applying

    private struct Plan {
        var steps: [KeyLifecycle.Step]
        /// Removed from the JWKS at once, with a `key` entry each.
        var withdrawn: [KeyID] = []
        var revokeAll = false
        var reason: RevocationReason = .emergencyRotation
        /// Used by the first create step instead of a generated key.
        var imported: PrivateKey?
        /// Announced keys that never signed and make room for an imported key.
        var dropped: [KeyID] = []
    }

    private func lifecycle(horizon: Duration) -> KeyLifecycle {
        KeyLifecycle(
            announcePeriod: settings.keys.announcePeriod, rotationPeriod: settings.keys.rotationPeriod,
            retirement: horizon + settings.tokens.maxSkew)
    }

    private func algorithmsInUse() async throws -> Set<JWSAlgorithm> {
        var inUse: Set<JWSAlgorithm> = [settings.tokens.algorithm]
        var page = PageRequest(limit: 1000)
        while true {
            let clients = try await store.clients(page: page)
            inUse.formUnion(clients.items.compactMap(\.algorithm))
            inUse.formUnion(clients.items.filter(\.usesIDTokens).map(\.signsIDTokensWith))
            guard let next = clients.nextCursor else { return inUse }
            page = PageRequest(limit: 1000, cursor: next)
        }
    }

    private func apply(
        actor: Actor, includingGone: Bool = false, _ plan: (KeyTable, Timestamp) async throws -> Plan?
    ) async throws {
        // One change at a time in this process. Another node may still change the table in between, and then this
        // change is planned again.
        try await line.inTurn("keys") { try await applyInTurn(actor: actor, includingGone: includingGone, plan) }
        try await reload()
    }

    private func applyInTurn(
        actor: Actor, includingGone: Bool, _ plan: (KeyTable, Timestamp) async throws -> Plan?
    ) async throws {
        for _ in 0..<8 {
            let table = try await store.keyTable(includingGone: includingGone)
            // Key times are compared with each other and with announcements, so a clock that was set back must not make
            // a key look older or younger than the latest change of the table.
            let now = max(clock.now(), table.keys.map(\.latestChange).max() ?? clock.now())
            guard let planned = try await plan(table, now) else { return }
            if try await store.changeKeys(try await change(planned, table: table, now: now, actor: actor)) { return }
        }
        throw StoreUnavailable("the key table kept changing")
    }

    private func change(
        _ plan: Plan, table: KeyTable, now: Timestamp, actor: Actor
    ) async throws -> KeyTableChange {
        var rows: [KeyID: SigningKeyRecord] = [:]
        var events: [AuditEvent] = []
        func row(_ id: KeyID) -> SigningKeyRecord? { rows[id] ?? table.keys.first { $0.id == id } }
        func note(_ kind: AuditEvent.Kind, _ key: SigningKeyRecord) {
            events.append(
                AuditEvent(
                    kind, at: now, actor: actor,
                    details: ["kid": key.id.description, "algorithm": key.algorithm.rawValue]))
        }
        for id in plan.withdrawn + plan.dropped {
            guard var key = row(id) else { continue }
            key.state = .gone
            key.sealedPrivateKey = nil
            key.goneAt = key.goneAt ?? now
            key.withdrawn = plan.withdrawn.contains(id)
            rows[id] = key
            note(key.withdrawn ? .keyWithdrawn : .keyGone, key)
        }
        var imported = plan.imported
        for step in plan.steps {
            switch step {
            case .createActive(let algorithm), .createAnnounced(let algorithm):
                var active = false
                if case .createActive = step { active = true }
                let isImported = imported != nil
                let key = try await newKey(algorithm, active: active, imported: imported, now: now)
                imported = nil
                rows[key.id] = key
                note(isImported ? .keyImported : active ? .keyActivated : .keyAnnounced, key)
            case .activate(let id):
                guard var next = row(id) else { continue }
                for var old in table.keys where old.state == .active && old.algorithm == next.algorithm {
                    old.state = .retired
                    old.retiredAt = now
                    old.sealedPrivateKey = nil
                    rows[old.id] = old
                    note(.keyRetired, old)
                }
                next.state = .active
                next.activatedAt = now
                rows[id] = next
                note(.keyActivated, next)
            case .expire(let id):
                guard var key = row(id) else { continue }
                key.state = .gone
                key.goneAt = now
                rows[id] = key
                note(.keyGone, key)
            }
        }
        return KeyTableChange(
            basedOn: table.version, rows: rows.values.sorted { $0.id < $1.id }, condemned: plan.withdrawn,
            revokeAll: plan.revokeAll, events: events, reason: plan.reason, actor: actor)
    }

    private func newKey(
        _ algorithm: JWSAlgorithm, active: Bool, imported: PrivateKey?, now: Timestamp
    ) async throws -> SigningKeyRecord {
        let key: PrivateKey
        if let imported {
            key = imported
        } else {
            do {
                key = try await pool.run(
                    group: FairnessGroup("latchkey:keys"), weight: PrivateKey.hashes(for: algorithm)
                ) { _ in
                    try PrivateKey.generate(for: algorithm)
                }
            } catch let refusal as HashPoolRefusal {
                throw Refusal(hashing: refusal)
            }
        }
        let publicKey = try key.publicKey(for: algorithm)
        let id = publicKey.keyID
        var json = JSONWriter()
        publicKey.write(to: &json)
        return SigningKeyRecord(
            id: id, algorithm: algorithm, state: active ? .active : .announced, publicKey: json.bytes,
            sealedPrivateKey: try masterKeys.seal(
                try key.serialised(), purpose: .keyWrap, context: Array(id.description.utf8)),
            announcedAt: now, activatedAt: active ? now : nil)
    }
}

extension SigningKeyRecord {
    /// The latest instant in the key's timeline.
    fileprivate var latestChange: Timestamp {
        [activatedAt, retiredAt, goneAt].compactMap { $0 }.reduce(announcedAt, max)
    }
}
