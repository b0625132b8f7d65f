import Crypto

/// One step of a store's schema: a file that is never edited once it is merged.
package struct Migration: Sendable, Equatable {
    /// 1, 2, 3 … without gaps; the number at the head of the file's name.
    package let version: Int
    /// The file's name without its number and its ending.
    package let name: String
    /// One or more statements; they run in one transaction.
    package let sql: String
    /// SHA-256 of the file, lower-case hexadecimal.
    package let checksum: String

    /// A migration from a file's bytes, which are UTF-8.
    package init(version: Int, name: String, bytes: [UInt8]) {
        self.version = version
        self.name = name
        sql = String(decoding: bytes, as: UTF8.self)
        let digits = Array("0123456789abcdef".utf8)
        checksum = String(
            decoding: SHA256.hash(data: bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }

    /// The name of its file, for instance `0001_users.sql`.
    package var fileName: String {
        let number = String(version)
        return String(repeating: "0", count: max(0, 4 - number.count)) + number + "_" + name + ".sql"
    }
}

/// The schema's history. A new file gets a line here; a test compares this list with the folder.
package enum Migrations {
    /// For PostgreSQL, in the order in which they are applied.
    package static let postgres: [Migration] = [
        Migration(version: 1, name: "baseline", bytes: PackageResources._001_baseline_sql),
        Migration(version: 2, name: "sign_ins", bytes: PackageResources._002_sign_ins_sql),
        Migration(version: 3, name: "profiles", bytes: PackageResources._003_profiles_sql),
    ]

    /// For SQLite, in the order in which they are applied.
    package static let sqlite: [Migration] = [
        Migration(version: 1, name: "users", bytes: PackageResources._001_users_sql),
        Migration(version: 2, name: "clients", bytes: PackageResources._002_clients_sql),
        Migration(version: 3, name: "sessions", bytes: PackageResources._003_sessions_sql),
        Migration(version: 4, name: "revocations", bytes: PackageResources._004_revocations_sql),
        Migration(version: 5, name: "signing_keys", bytes: PackageResources._005_signing_keys_sql),
        Migration(version: 6, name: "audit_events", bytes: PackageResources._006_audit_events_sql),
        Migration(version: 7, name: "login_throttle", bytes: PackageResources._007_login_throttle_sql),
        Migration(version: 8, name: "server_sessions", bytes: PackageResources._008_server_sessions_sql),
        Migration(version: 9, name: "status_lists", bytes: PackageResources._009_status_lists_sql),
        Migration(version: 10, name: "event_streams", bytes: PackageResources._010_event_streams_sql),
        Migration(version: 11, name: "audit_names", bytes: PackageResources._011_audit_names_sql),
        Migration(version: 12, name: "foreign_hashes", bytes: PackageResources._012_foreign_hashes_sql),
        Migration(version: 13, name: "client_settings", bytes: PackageResources._013_client_settings_sql),
        Migration(version: 14, name: "sign_ins", bytes: PackageResources._014_sign_ins_sql),
        Migration(version: 15, name: "profiles", bytes: PackageResources._015_profiles_sql),
    ]
}
