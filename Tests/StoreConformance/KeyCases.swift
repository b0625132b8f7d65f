import LatchkeyCore
import LatchkeyTokens
import Testing

extension StoreConformance {
    static let keyCases: [StoreCase] = [
        StoreCase("a change of keys based on an old table is refused") { harness in
            let table = try await harness.store.keyTable(includingGone: true)
            #expect(table.keys.isEmpty)
            let active = try key(1, .active, harness.now)
            #expect(try await harness.store.changeKeys(change(table, [active])))
            #expect(try await !harness.store.changeKeys(change(table, [try key(2, .announced, harness.now)])))
            #expect(try await harness.store.keyTable(includingGone: true).keys == [active])
        },
        StoreCase("an emergency writes an entry for each key and one for everybody, and issuing waits") { harness in
            let client = try await harness.addClient()
            let old = try key(1, .active, harness.now)
            #expect(try await harness.store.changeKeys(change(harness.store.keyTable(includingGone: false), [old])))
            var withdrawn = old
            withdrawn.state = .gone
            withdrawn.sealedPrivateKey = nil
            withdrawn.withdrawn = true
            let fresh = try key(2, .active, harness.now)
            let table = try await harness.store.keyTable(includingGone: false)
            let emergency = KeyTableChange(
                basedOn: table.version, rows: [fresh, withdrawn], condemned: [old.id], revokeAll: true,
                events: [AuditEvent(.keyWithdrawn, at: harness.now, actor: .operator)], actor: .operator)
            #expect(try await harness.store.changeKeys(emergency))
            let records = harness.observer.records
            #expect(records.map(\.entry.target) == [.key(old.id), .all(issuedBefore: harness.now)])
            #expect(records.first?.entry.expiresAt == harness.now + .seconds(30 * 86400))
            #expect(try await harness.store.keyTable(includingGone: false).keys == [fresh])
            #expect(try await harness.store.keyTable(includingGone: true).keys.count == 2)
            try expectWait(
                try await harness.store.issueForClient(client.id), until: harness.now + .seconds(1))
            harness.advance(by: .seconds(1))
            guard case .settled(let issued) = try await harness.store.issueForClient(client.id) else {
                throw UnexpectedAnswer("not issued")
            }
            #expect(issued.stamp.keyVersion > table.version)
        },
        StoreCase("re-sealing replaces everything sealed, or nothing") { harness in
            let client = try await harness.addClient()
            let event = AuditEvent(.masterKeyRotated, at: harness.now, actor: .operator)
            let secret = SealedClientSecret(client: client.id, sealed: [1], createdAt: harness.now, expiresAt: nil)
            try await harness.store.rotateClientSecret(secret, previousExpiresAt: harness.now, event: event)
            let active = try key(1, .active, harness.now)
            #expect(try await harness.store.changeKeys(change(harness.store.keyTable(includingGone: true), [active])))
            #expect(try await harness.store.masterKeyProbe() == nil)
            try await harness.store.setMasterKeyProbe([9])
            let stale = try await harness.store.sealedValues()
            harness.advance(by: .seconds(1))
            let newer = SealedClientSecret(client: client.id, sealed: [2], createdAt: harness.now, expiresAt: nil)
            try await harness.store.rotateClientSecret(
                newer, previousExpiresAt: harness.now + .seconds(60), event: event)
            #expect(try await !harness.store.reseal(stale, event: event))
            var values = try await harness.store.sealedValues()
            values.signingKeys = values.signingKeys.mapValues { _ in [42] }
            values.clientSecrets = values.clientSecrets.map {
                SealedClientSecret(
                    client: $0.client, sealed: [43], createdAt: $0.createdAt, expiresAt: $0.expiresAt)
            }
            values.probe = [44]
            #expect(try await harness.store.reseal(values, event: event))
            #expect(try await harness.store.clientSecrets()[client.id]?.map(\.sealed) == [[43], [43]])
            #expect(try await harness.store.keyTable(includingGone: true).keys.map(\.sealedPrivateKey) == [[42]])
            #expect(try await harness.store.masterKeyProbe() == [44])
        },
    ]

    private static func key(
        _ byte: UInt8, _ state: SigningKeyRecord.State, _ now: Timestamp
    ) throws -> SigningKeyRecord {
        SigningKeyRecord(
            id: try #require(KeyID(Base64URL.string([UInt8](repeating: byte, count: 32)))), algorithm: .es256,
            state: state, publicKey: Array("{}".utf8), sealedPrivateKey: [byte], announcedAt: now, activatedAt: now)
    }

    private static func change(_ table: KeyTable, _ rows: [SigningKeyRecord]) -> KeyTableChange {
        KeyTableChange(basedOn: table.version, rows: rows, events: [], actor: .system)
    }
}
