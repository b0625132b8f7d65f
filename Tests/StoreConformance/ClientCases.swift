import LatchkeyCore
import LatchkeyTokens
import Testing

extension StoreConformance {
    static let clientCases: [StoreCase] = [
        StoreCase("a client reads back as it was written, and an id is taken once") { harness in
            let client = try await harness.addClient()
            #expect(try await harness.store.client(client.id) == client)
            await #expect(throws: Refusal(.conflict, "")) { try await harness.addClient() }
            var changed = client
            changed.settings.scope = nil
            changed.settings.origins = []
            changed.settings.accessLifetime = nil
            let before = try await harness.store.clientsVersion()
            try await harness.store.updateClient(
                changed, event: AuditEvent(.clientUpdated, at: harness.now, actor: .operator))
            #expect(try await harness.store.client(client.id) == changed)
            #expect(try await harness.store.clientsVersion() > before)
        },
        StoreCase("a change of a client is seen by the very next use of its sessions") { harness in
            let record = try await harness.signIn()
            let twin = try await harness.addClient("twin")
            for lifetime in [Duration.seconds(90), .seconds(60), .seconds(120)] {
                var changed = record.client
                changed.settings.accessLifetime = lifetime
                try await harness.store.updateClient(
                    changed, event: AuditEvent(.clientUpdated, at: harness.now, actor: .operator))
                #expect(try await harness.store.session(record.session.id)?.client.accessLifetime == lifetime)
                guard case .settled(let issued) = try await harness.store.issueForClient(record.client.id) else {
                    throw UnexpectedAnswer("not issued")
                }
                #expect(issued.client.accessLifetime == lifetime)
                #expect(try await harness.store.client(twin.id) == twin)
            }
        },
        StoreCase("a stale copy of a client does not enable it again") { harness in
            let client = try await harness.addClient()
            let disabled = try await harness.store.setClientDisabled(client.id, true, actor: .operator)
            #expect(disabled.disabled && disabled.issuedBefore == harness.now.seconds)
            try await harness.store.updateClient(
                client, event: AuditEvent(.clientUpdated, at: harness.now, actor: .operator))
            #expect(try await harness.store.client(client.id)?.disabled == true)
            await #expect(throws: Refusal(.invalidClient, "")) {
                try await harness.store.issueForClient(client.id)
            }
        },
        StoreCase("clients that do not exist are not found") { harness in
            let client = try await harness.addClient()
            try await harness.store.deleteClient(client.id, actor: .operator)
            let missing = Refusal(.notFound, "")
            await #expect(throws: missing) { try await harness.store.deleteClient(client.id, actor: .operator) }
            await #expect(throws: missing) {
                try await harness.store.setClientDisabled(client.id, true, actor: .operator)
            }
            await #expect(throws: missing) {
                try await harness.store.updateClient(
                    client, event: AuditEvent(.clientUpdated, at: harness.now, actor: .operator))
            }
            await #expect(throws: Refusal(.invalidClient, "")) {
                try await harness.store.issueForClient(client.id)
            }
        },
        StoreCase("a client made again under an old id inherits no session and no token") { harness in
            let record = try await harness.signIn()
            try await harness.store.deleteClient(record.client.id, actor: .operator)
            let again = try await harness.addClient()
            #expect(try await harness.store.session(record.session.id) == nil)
            try expectWait(
                try await harness.store.issueForClient(again.id), until: harness.now + .seconds(1))
        },
        StoreCase("the old secret works until it expires, then only the new one") { harness in
            let client = try await harness.addClient()
            func secret(_ byte: UInt8) -> SealedClientSecret {
                SealedClientSecret(client: client.id, sealed: [byte], createdAt: harness.now, expiresAt: nil)
            }
            let event = AuditEvent(.clientSecretRotated, at: harness.now, actor: .operator, client: client.id)
            try await harness.store.rotateClientSecret(secret(1), previousExpiresAt: harness.now, event: event)
            harness.advance(by: .seconds(1))
            let grace = harness.now + .seconds(60)
            try await harness.store.rotateClientSecret(secret(2), previousExpiresAt: grace, event: event)
            #expect(try await harness.store.clientSecrets()[client.id]?.map(\.sealed) == [[2], [1]])
            harness.advance(by: .seconds(60))
            #expect(try await harness.store.clientSecrets()[client.id]?.map(\.sealed) == [[2]])
        },
        StoreCase("sessions are listed by user, client and state") { harness in
            let record = try await harness.signIn()
            let other = try await harness.addClient("other")
            let second = try await harness.begin(try harness.beginning(record.user, other))
            _ = try await harness.store.revoke(
                RevocationOrder(.session(second.session.id), reason: .logout, actor: .operator))
            func list(_ filter: SessionFilter) async throws -> Set<SessionID> {
                Set(try await harness.store.sessions(filter, page: PageRequest()).items.map(\.session.id))
            }
            #expect(try await list(SessionFilter()) == [record.session.id, second.session.id])
            #expect(try await list(SessionFilter(user: record.user.id)).count == 2)
            #expect(try await list(SessionFilter(user: .generate(at: harness.now))).isEmpty)
            #expect(try await list(SessionFilter(client: other.id)) == [second.session.id])
            #expect(try await list(SessionFilter(state: .active)) == [record.session.id])
            #expect(try await list(SessionFilter(state: .ended)) == [second.session.id])
        },
        StoreCase("a rotation without grace ends every older secret, also one that had grace left") { harness in
            let client = try await harness.addClient()
            func rotate(_ byte: UInt8, grace: Duration) async throws {
                harness.advance(by: .seconds(1))
                try await harness.store.rotateClientSecret(
                    SealedClientSecret(client: client.id, sealed: [byte], createdAt: harness.now, expiresAt: nil),
                    previousExpiresAt: harness.now + grace,
                    event: AuditEvent(.clientSecretRotated, at: harness.now, actor: .operator, client: client.id))
            }
            try await rotate(1, grace: .zero)
            try await rotate(2, grace: .seconds(60))
            try await rotate(3, grace: .seconds(3600))
            func working() async throws -> Set<[UInt8]> {
                Set(try await harness.store.clientSecrets()[client.id, default: []].map(\.sealed))
            }
            #expect(try await working() == [[1], [2], [3]])
            harness.advance(by: .seconds(60))
            #expect(try await working() == [[2], [3]], "a later rotation extends no grace")
            try await rotate(4, grace: .zero)
            #expect(try await working() == [[4]])
        },
    ]
}
