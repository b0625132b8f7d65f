import LatchkeyCore
import LatchkeyTokens

/// Whether this server can do its main job right now, check by check.
package struct Readiness: WireObject, Equatable {
    /// One thing that has to hold.
    package struct Check: WireObject, Equatable {
        package let name: String
        package let ok: Bool
        /// Never an inner error's text.
        package let detail: String?

        package static let schema = ObjectSchema(
            resource: "ReadinessCheck", "One thing that has to hold.", Check.init,
            Member("name", \.name),
            Member("ok", \.ok),
            Member("detail", \.detail, "What is wrong, or will be soon although it holds."))
    }

    package let ready: Bool
    package let checks: [Check]

    package static let schema = ObjectSchema(
        resource: "Readiness", "Check by check.", Readiness.init(ready:checks:),
        Member("ready", \.ready),
        Member("checks", \.checks))

    private init(ready: Bool, checks: [Check]) {
        self.ready = ready
        self.checks = checks
    }

    init(checks: [Check]) { self.init(ready: checks.allSatisfy(\.ok), checks: checks) }

    /// What is asked beyond the services themselves.
    struct Surroundings: Sendable {
        let trouble: StoreTrouble
        /// Free bytes on the file system of the database; nil when unknown.
        let freeBytes: @Sendable () -> Int64?
        /// Whether the database's files are gone, so that nothing is written any more.
        var isStoreLost: @Sendable () -> Bool = { false }
        /// What is served, if TLS is.
        var certificate = ServedCertificate()
        /// Lines of the log that could not be written; nil where nobody counts.
        var droppedLogLines: (@Sendable () -> Int64)?
        /// How long the database may take to answer.
        var patience: Duration = .seconds(2)
    }

    /// Below this the next sign-ins fill the disk, although a single small write may still find room.
    static let leastFreeBytes: Int64 = 8 * 1024 * 1024

    /// Asks the store to commit a write, the disk for room, the key ring for a key that signs, and the clock whether it
    /// was set back.
    static func probe(_ health: ServerHealth, _ surroundings: Surroundings, now: Timestamp) async -> Readiness {
        Readiness(
            checks: [await store(health, surroundings), signingKey(health), await clock(health)]
                + certificate(surroundings, now))
    }

    /// What is said while the store does not answer the probe.
    static func hanging(_ health: ServerHealth) -> Readiness {
        Readiness(checks: [
            Check(name: storeName, ok: false, detail: "The database does not answer. See the disk below it."),
            signingKey(health), unreadableClock,
        ])
    }

    private static let storeName = "store_writable"

    /// With TLS alone. A certificate that is over does not make the server unready: those who look at it refuse to come,
    /// a proxy that does not goes on, and taking the server away would help neither.
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
                    + "nothing is written any more. See the log.")
        }
        do {
            try await health.checkWritable()
        } catch {
            return Check(
                name: storeName, ok: false,
                detail: "The database takes no writes. See the log, free disk space or make the directory writable.")
        }
        if let free = surroundings.freeBytes(), free < leastFreeBytes {
            return Check(name: storeName, ok: false, detail: "The disk is full but for 8 MiB. Free disk space.")
        }
        if surroundings.trouble.isRecent {
            return Check(
                name: storeName, ok: false, detail: "The database refused a request within five seconds. See the log.")
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
                detail: "The clock is behind the last token issued. Set it right, or see latchkey db reset-clock.")
        }
        return Check(name: clockName, ok: true, detail: nil)
    }
}
