import LatchkeyCore
import LatchkeyTokens

/// Whether this server can do its main job right now, check by check.
package struct Readiness: WireObject, Equatable {
    /// One condition of readiness.
    package struct Check: WireObject, Equatable {
        package let name: String
        package let ok: Bool
        /// Never an inner error's text.
        package let detail: String?

        package static let schema = ObjectSchema(
            resource: "ReadinessCheck", "One condition of readiness.", Check.init,
            Member("name", \.name),
            Member("ok", \.ok),
            Member("detail", \.detail, "What is wrong now, or soon will be although the check passes."))
    }

    package let ready: Bool
    package let checks: [Check]

    package static let schema = ObjectSchema(
        resource: "Readiness", "The result of each check.", Readiness.init(ready:checks:),
        Member("ready", \.ready),
        Member("checks", \.checks))

    private init(ready: Bool, checks: [Check]) {
        self.ready = ready
        self.checks = checks
    }

    init(checks: [Check]) { self.init(ready: checks.allSatisfy(\.ok), checks: checks) }

    /// The inputs of the checks beyond the services themselves.
    struct Surroundings: Sendable {
        let trouble: StoreTrouble
        /// Free bytes on the file system of the database; nil when unknown.
        let freeBytes: @Sendable () -> Int64?
        /// Whether the database's files are gone, so that the server no longer writes.
        var isStoreLost: @Sendable () -> Bool = { false }
        /// The served certificate, with TLS.
        var certificate = ServedCertificate()
        /// Log lines that could not be written; nil if they are not counted.
        var droppedLogLines: (@Sendable () -> Int64)?
        /// How long the database may take to answer.
        var patience: Duration = .seconds(2)
    }

    /// Below this the next sign-ins fill the disk, although a single small write may still succeed.
    static let leastFreeBytes: Int64 = 8 * 1024 * 1024

    /// Asks the store to commit a write, the disk for free space, the key ring for a signing key, and the clock whether
    /// it was set back.
    static func probe(_ health: ServerHealth, _ surroundings: Surroundings, now: Timestamp) async -> Readiness {
        Readiness(
            checks: [await store(health, surroundings), signingKey(health), await clock(health)]
                + certificate(surroundings, now))
    }

    /// The result while the store does not answer the probe.
    static func hanging(_ health: ServerHealth) -> Readiness {
        Readiness(checks: [
            Check(
                name: storeName, ok: false,
                detail: "The database does not answer. Check "
                    + (health.sharing == nil ? "the disk that it is on." : "PostgreSQL and the network to it.")),
            signingKey(health), unreadableClock,
        ])
    }

    /// The result of a node that does not follow the database that it shares with others; nil when it does, or has a
    /// database of its own. Asks the database nothing.
    static func cutOff(_ health: ServerHealth) -> Readiness? {
        guard let sharing = health.sharing, sharing != .followed else { return nil }
        return Readiness(checks: [signingKey(health), Self.sharing(sharing)])
    }

    /// The same result with whether the node follows the database that it shares.
    func withSharing(_ health: ServerHealth) -> Readiness {
        guard let sharing = health.sharing else { return self }
        return Readiness(checks: checks + [Self.sharing(sharing)])
    }

    private static func sharing(_ sharing: SharingHealth) -> Check {
        let name = "database_followed"
        return switch sharing {
        case .followed: Check(name: name, ok: true, detail: nil)
        case .unreadable:
            Check(
                name: name, ok: false,
                detail: "The revocation log has an entry that this release cannot read: this node answers no list. "
                    + "Upgrade it.")
        case .refused(let sentence):
            Check(name: name, ok: false, detail: "This node does not use the database: \(sentence).")
        case .silent(nil): Check(name: name, ok: false, detail: "The database has not answered since the start.")
        case .silent(let age?):
            Check(
                name: name, ok: false,
                detail: "The database has not answered for \(age.components.seconds) seconds: this node does not know "
                    + "what other nodes have revoked. Check PostgreSQL and the network to it.")
        }
    }

    private static let storeName = "store_writable"

    /// Only with TLS. An expired certificate does not make the server unready: clients that check it refuse to connect,
    /// a proxy that does not check it continues, and removing the server would help neither.
    private static func certificate(_ surroundings: Surroundings, _ now: Timestamp) -> [Check] {
        surroundings.certificate.validity.map {
            [Check(name: "tls_certificate", ok: true, detail: $0.concern(at: now))]
        } ?? []
    }

    private static func store(_ health: ServerHealth, _ surroundings: Surroundings) async -> Check {
        if surroundings.isStoreLost() {
            return Check(
                name: storeName, ok: false,
                detail: "The files of the database were moved, replaced or removed while the server had them open: "
                    + "the server no longer writes. See the log.")
        }
        do {
            try await health.checkWritable()
        } catch {
            return Check(
                name: storeName, ok: false,
                detail: "The database cannot be written. See the log, "
                    + (health.sharing == nil
                        ? "free disk space or make the directory writable." : "and check PostgreSQL."))
        }
        if let free = surroundings.freeBytes(), free < leastFreeBytes {
            return Check(name: storeName, ok: false, detail: "Less than 8 MiB is left on the disk. Free disk space.")
        }
        if surroundings.trouble.isRecent {
            return Check(
                name: storeName, ok: false,
                detail: "The database refused a request in the last five seconds. See the log.")
        }
        return Check(name: storeName, ok: true, detail: nil)
    }

    private static func signingKey(_ health: ServerHealth) -> Check {
        let isActive = health.hasActiveKey
        return Check(
            name: "signing_key_active", ok: isActive,
            detail: isActive ? nil : "No key of the configured algorithm may sign. See latchkey keys list.")
    }

    private static let clockName = "clock_not_set_back"
    private static let unreadableClock = Check(
        name: clockName, ok: false, detail: "The stored clock cannot be read.")

    private static func clock(_ health: ServerHealth) async -> Check {
        guard let isSetBack = try? await health.isClockSetBack() else { return unreadableClock }
        guard !isSetBack else {
            return Check(
                name: clockName, ok: false,
                detail: "The clock is behind the last token issued. Correct it, or see latchkey db reset-clock.")
        }
        return Check(name: clockName, ok: true, detail: nil)
    }
}
