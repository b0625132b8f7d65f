import GRDB
import LatchkeyCore
import LatchkeyTokens

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
                key.id.description, key.algorithm.rawValue, key.state.rawValue, key.publicKey.blob,
                key.sealedPrivateKey?.blob, key.announcedAt.milliseconds, key.activatedAt?.milliseconds,
                key.retiredAt?.milliseconds, key.goneAt?.milliseconds, key.withdrawn,
            ])
    }
}
