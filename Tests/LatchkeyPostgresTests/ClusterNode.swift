#if Postgres
    import LatchkeyCore
    import LatchkeyTokens
    import Logging
    import StoreConformance
    import Synchronization
    import TestConditions
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres

    /// A node without HTTP: a store that has entered its cluster, and what it was told.
    struct ClusterNode: Sendable {
        static let masterKeys = MasterKeyRing.generate().fingerprints
        static let issuer = "https://login.example"

        let store: PostgresStore
        let list = ListWitness()

        /// - Parameters:
        ///   - servers: in the order in which they are tried.
        ///   - seenFile: as one of a node that was stopped has left it.
        init(
            _ servers: [PostgresServer], seenFile: String? = nil, serves: Bool = true, issuer: String = issuer,
            masterKeys: MasterKeyFingerprints = masterKeys, listens: Bool = true
        ) async throws {
            let hosts = servers.map(\.host).joined(separator: ",")
            try await self.init(
                url: "host=\(hosts) user=latchkey dbname=test", seenFile: seenFile, serves: serves, issuer: issuer,
                masterKeys: masterKeys, listens: listens)
        }

        init(
            url: String, seenFile: String? = nil, serves: Bool = true, issuer: String = issuer,
            masterKeys: MasterKeyFingerprints = masterKeys, listens: Bool = true
        ) async throws {
            var settings = PostgresStore.Settings(PostgresAddress(url: url))
            settings.seenFile = seenFile
            settings.connections = 3
            settings.readers = 1
            settings.listens = listens
            settings.name = "node"
            settings.program = "test"
            store = try PostgresStore.open(
                settings, clock: .wall, observer: list,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            do {
                try await store.enter(
                    NodeCard(
                        issuer: issuer, masterKeys: masterKeys, serves: serves, epoch: StreamID.generate().description)
                )
                let state = try await store.revocationState()
                list.restarted(
                    epoch: state.epoch, sequence: state.lastSequence,
                    records: try await store.revocations(after: 0, limit: 100_000))
            } catch {
                await store.shutdown()
                throw error
            }
        }

        /// The epoch of the last look.
        var epoch: String? { store.lastCheck?.found.epoch }

        /// Waits until the node serves in another epoch.
        func serves(in other: String) async throws {
            try await eventually("a node has taken in the other history") {
                guard await store.catchUp(within: .seconds(5)) else { return false }
                return epoch != other && list.all.epoch == epoch
            }
        }

        /// Whether it refuses to write, and says why.
        func refusal() async -> String? {
            do {
                try await store.checkWritable()
                return nil
            } catch { return "\(error)" }
        }

        @discardableResult
        func revoke(_ target: RevocationTarget, _ reason: RevocationReason = .admin) async throws -> RevocationEntry? {
            let order = RevocationOrder(target, reason: reason, actor: .operator)
            guard case .revoked(let records, _) = try await store.revoke(order) else { return nil }
            return records.first?.entry
        }

        /// A user with a session of the client `app`.
        func signIn(_ name: String) async throws -> (user: UserID, session: SessionID) {
            let now = store.clock.now()
            let client = try #require(ClientID("app"))
            if try await store.client(client) == nil {
                try await store.createClient(
                    Client(id: client, kind: .public, settings: ClientSettings(defaultsFor: .public), createdAt: now),
                    secret: nil, event: AuditEvent(.clientCreated, at: now, actor: .operator))
            }
            let (user, session) = (UserID.generate(at: now), SessionID.generate(at: now))
            _ = try await store.write { ledger in
                _ = try ledger.users.insert(
                    User(
                        id: user, name: name, normalisedName: name, roles: [], disabled: false,
                        mustChangePassword: false, createdAt: now))
                try ledger.passwords.insert("hash", cost: nil, of: user, at: now)
                try ledger.sessions.insert(
                    Session(
                        id: session, user: user, client: client, transport: .body, scope: Scope(),
                        nonce: [UInt8](repeating: 1, count: 16), createdAt: now, expiresAt: now + .seconds(86400),
                        authenticationMethods: ["pwd"], deviceName: nil, network: "192.0.2.1",
                        lineage: .begun(at: now, from: "192.0.2.1")))
            }
            return (user, session)
        }

        func isEnded(_ session: SessionID) async throws -> Bool {
            guard let record = try await store.session(session) else { return true }
            return SessionValidity.judge(record, idleLifetime: nil, now: store.clock.now()) == .revoked
        }

        func events(_ kind: AuditEvent.Kind) async throws -> [AuditEvent] {
            try await store.auditEvents(AuditFilter(kind: kind), page: PageRequest(limit: 100)).items
        }
    }

    /// The revocation list as a node's feed has it.
    final class ListWitness: StoreObserver {
        struct Told: Sendable {
            var epoch = ""
            var records: [RevocationRecord] = []
            var restarts = 0
        }

        private let told = Mutex(Told())
        var all: Told { told.withLock { $0 } }
        var targets: Set<RevocationEntry.Target> { Set(all.records.map(\.entry.target)) }
        /// Whether the numbers rise without a repetition.
        var isInOrder: Bool {
            let numbers = all.records.map(\.entry.sequence)
            return zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
        }

        func committed(_ records: [RevocationRecord]) {
            told.withLock { told in
                let last = told.records.last?.entry.sequence ?? 0
                told.records += records.filter { $0.entry.sequence > last }
            }
        }

        func restarted(epoch: String, sequence: Int64, records: [RevocationRecord]) {
            told.withLock { $0 = Told(epoch: epoch, records: records, restarts: $0.restarts + 1) }
        }
    }
#endif
