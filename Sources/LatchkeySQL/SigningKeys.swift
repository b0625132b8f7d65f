import LatchkeyCore
import LatchkeyTokens

/// Rows of `signing_keys`, and the row of `key_state`.
struct SigningKeys: SigningKeyLook {
    fileprivate let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    private static func decode(_ row: Row) throws -> SigningKeyRecord {
        guard let id = KeyID(row[0] as String) else { throw StoreFault.unreadable(KeyID.self) }
        return SigningKeyRecord(
            id: id, algorithm: try row.value(1), state: try row.value(2), publicKey: row.bytes(3),
            sealedPrivateKey: row.optionalBytes(4), announcedAt: row.timestamp(5),
            activatedAt: row.optionalTimestamp(6), retiredAt: row.optionalTimestamp(7),
            goneAt: row.optionalTimestamp(8), withdrawn: row[9])
    }

    func all(includingGone: Bool) throws -> [SigningKeyRecord] {
        try connection.all(
            """
            SELECT id, algorithm, state, public_key, sealed_private_key, announced_at, activated_at, retired_at, gone_at,
                withdrawn
            FROM signing_keys \(includingGone ? "" : "WHERE state <> 'gone'") ORDER BY announced_at, id
            """, [], Self.decode)
    }

    func version() throws -> Int64 { try connection.integer("SELECT version FROM key_state") }

    func masterKeyProbe() throws -> [UInt8]? {
        try connection.first("SELECT master_key_probe FROM key_state") { $0.optionalBytes(0) } ?? nil
    }
}

/// The writes of rules.
struct SigningKeyWrites: SigningKeyTable {
    private let ledger: SQLLedger
    private let looks: SigningKeys
    private var connection: any SQLConnection { looks.connection }

    init(_ ledger: SQLLedger, _ connection: any SQLConnection) {
        self.ledger = ledger
        looks = SigningKeys(connection)
    }

    func all(includingGone: Bool) throws -> [SigningKeyRecord] { try looks.all(includingGone: includingGone) }
    func version() throws -> Int64 { try ledger.row().keyVersion }
    func masterKeyProbe() throws -> [UInt8]? { try looks.masterKeyProbe() }

    func upsert(_ key: SigningKeyRecord) throws {
        try connection.run(
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

    func reseal(_ id: KeyID, _ sealed: [UInt8]) throws {
        try connection.run("UPDATE signing_keys SET sealed_private_key = ? WHERE id = ?", [sealed, id.description])
    }

    func setMasterKeyProbe(_ sealed: [UInt8]?) throws {
        try connection.run("UPDATE key_state SET master_key_probe = ?", [sealed])
        ledger.forgetState()
    }

    func raiseVersion() throws {
        try connection.run("UPDATE key_state SET version = version + 1")
        ledger.forgetState()
        try ledger.announce()
    }
}
