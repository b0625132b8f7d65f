package import LatchkeyCore
import LatchkeyTokens

extension SQLiteStore {
    package func keyTable(includingGone: Bool) async throws -> KeyTable {
        try await readers.snapshot { database in
            let keys = try database.all(
                "\(SigningKeyRow.select) WHERE ?1 OR state <> 'gone' ORDER BY announced_at, id", [includingGone],
                SigningKeyRow.decode)
            return KeyTable(version: try database.integer("SELECT version FROM key_state"), keys: keys)
        }
    }

    package func changeKeys(_ change: KeyTableChange) async throws -> Bool {
        try await writer.perform { transaction in
            guard try transaction.state().keyVersion == change.basedOn else { return false }
            // The active ones last: an algorithm never has two, not even between two statements.
            for key in change.rows.sorted(by: { $0.state != .active && $1.state == .active }) {
                try SigningKeyRow.upsert(key, transaction.database)
            }
            try transaction.keysChanged()
            let order = RevocationOrder(.all(sessions: false), reason: change.reason, actor: change.actor)
            for key in change.condemned { _ = try transaction.condemn(key, order) }
            if change.revokeAll { _ = try transaction.revoke(order) }
            for event in change.events { try AuditRow.append(event, transaction.database) }
            return true
        }
    }

    package func sealedValues() async throws -> SealedValues {
        try await readers.snapshot { try SealedValues.read($0) }
    }

    package func reseal(_ values: SealedValues, event: AuditEvent) async throws -> Bool {
        try await writer.perform { transaction in
            let database = transaction.database
            let current = try SealedValues.read(database)
            guard values.describesSameRows(as: current) else { return false }
            for (id, sealed) in values.signingKeys {
                try database.run(
                    "UPDATE signing_keys SET sealed_private_key = ? WHERE id = ?", [sealed, id.description])
            }
            for secret in values.clientSecrets {
                try database.run(
                    """
                    UPDATE client_secrets SET sealed = ? WHERE created_at = ?
                        AND client_number = (SELECT number FROM clients WHERE id = ?)
                    """, [secret.sealed, secret.createdAt.milliseconds, secret.client.description])
            }
            try database.run("UPDATE key_state SET master_key_probe = ?", [values.probe])
            try transaction.keysChanged()
            try database.run("UPDATE client_state SET version = version + 1")
            try AuditRow.append(event, database)
            return true
        }
    }

    package func masterKeyProbe() async throws -> [UInt8]? {
        try await readers.read { database in
            try database.first("SELECT master_key_probe FROM key_state") { $0.optionalBytes(0) } ?? nil
        }
    }

    package func setMasterKeyProbe(_ sealed: [UInt8]) async throws {
        try await writer.perform { transaction in
            try transaction.database.run("UPDATE key_state SET master_key_probe = ?", [sealed])
            transaction.forgetState()
        }
    }
}

extension Transaction {
    fileprivate func keysChanged() throws {
        try database.run("UPDATE key_state SET version = version + 1")
        forgetState()
    }
}

extension SealedValues {
    fileprivate static func read(_ database: Database) throws -> SealedValues {
        let keys = try database.all(
            "SELECT id, sealed_private_key FROM signing_keys WHERE sealed_private_key IS NOT NULL"
        ) { row in
            guard let id = KeyID(row[0] as String) else { throw StoreFault.unreadable(KeyID.self) }
            return (id, row.bytes(1))
        }
        let secrets = try database.all(
            """
            SELECT c.id, k.sealed, k.created_at, k.expires_at
            FROM client_secrets k JOIN clients c ON c.number = k.client_number ORDER BY c.number, k.created_at
            """, [], SealedClientSecret.init(row:))
        return SealedValues(
            keyTableVersion: try database.integer("SELECT version FROM key_state"),
            signingKeys: Dictionary(uniqueKeysWithValues: keys), clientSecrets: secrets,
            probe: try database.first("SELECT master_key_probe FROM key_state") { $0.optionalBytes(0) } ?? nil)
    }

    /// Whether both hold the same keys and secrets, whatever they are sealed with. An expiry set in between counts as
    /// a change.
    fileprivate func describesSameRows(as other: SealedValues) -> Bool {
        func identity(_ secret: SealedClientSecret) -> [String] {
            [
                secret.client.description, String(secret.createdAt.milliseconds),
                secret.expiresAt.map { String($0.milliseconds) } ?? "",
            ]
        }
        return keyTableVersion == other.keyTableVersion && Set(signingKeys.keys) == Set(other.signingKeys.keys)
            && Set(clientSecrets.map(identity)) == Set(other.clientSecrets.map(identity))
            && (probe == nil) == (other.probe == nil)
    }
}

/// Reads and writes rows of `signing_keys`.
enum SigningKeyRow {
    static let select = """
        SELECT id, algorithm, state, public_key, sealed_private_key, announced_at, activated_at, retired_at, gone_at,
            withdrawn
        FROM signing_keys
        """

    static func decode(_ row: Row) throws -> SigningKeyRecord {
        guard let id = KeyID(row[0] as String) else { throw StoreFault.unreadable(KeyID.self) }
        return SigningKeyRecord(
            id: id, algorithm: try row.value(1), state: try row.value(2), publicKey: row.bytes(3),
            sealedPrivateKey: row.optionalBytes(4), announcedAt: row.timestamp(5),
            activatedAt: row.optionalTimestamp(6), retiredAt: row.optionalTimestamp(7),
            goneAt: row.optionalTimestamp(8), withdrawn: row[9])
    }

    static func upsert(_ key: SigningKeyRecord, _ database: Database) throws {
        try database.run(
            """
            INSERT INTO signing_keys (id, algorithm, state, public_key, sealed_private_key, announced_at, activated_at,
                retired_at, gone_at, withdrawn)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET state = excluded.state, sealed_private_key = excluded.sealed_private_key,
                announced_at = excluded.announced_at, activated_at = excluded.activated_at,
                retired_at = excluded.retired_at, gone_at = excluded.gone_at, withdrawn = excluded.withdrawn
            """,
            [
                key.id.description, key.algorithm.rawValue, key.state.rawValue, key.publicKey,
                key.sealedPrivateKey, key.announcedAt.milliseconds, key.activatedAt?.milliseconds,
                key.retiredAt?.milliseconds, key.goneAt?.milliseconds, key.withdrawn,
            ])
    }
}
