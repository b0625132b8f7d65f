import LatchkeyCore
import LatchkeyTokens

/// Whether this server can do its main job right now, check by check.
struct Readiness: Codable, Sendable, Equatable {
    /// One thing that has to hold.
    struct Check: Codable, Sendable, Equatable {
        let name: String
        let ok: Bool
        /// What is wrong, when something is. Never an inner error's text.
        let detail: String?
    }

    let ready: Bool
    let checks: [Check]

    init(checks: [Check]) {
        self.checks = checks
        self.ready = checks.allSatisfy(\.ok)
    }

    /// Asks the store to commit a write, the key ring for a key that signs, and the clock whether it was set back.
    static func probe(_ services: Services) async -> Readiness {
        Readiness(checks: [await store(services), signingKey(services), await clock(services)])
    }

    private static func store(_ services: Services) async -> Check {
        do {
            try await services.store.checkWritable()
            return Check(name: "store_writable", ok: true, detail: nil)
        } catch {
            return Check(
                name: "store_writable", ok: false,
                detail: "The database takes no writes. See the log, free disk space or make the directory writable.")
        }
    }

    private static func signingKey(_ services: Services) -> Check {
        let isActive = services.keyRing.current.signer(for: services.settings.tokens.algorithm) != nil
        return Check(
            name: "signing_key_active", ok: isActive,
            detail: isActive ? nil : "No key of the configured algorithm may sign. See latchkey keys list.")
    }

    private static func clock(_ services: Services) async -> Check {
        let name = "clock_not_set_back"
        guard let floor = try? await services.store.revocationState().clockFloor else {
            return Check(name: name, ok: false, detail: "The stored clock cannot be read.")
        }
        if case .clockSetBack = IssuanceGate.decide(wall: services.clock.now(), floor: floor, issuedBefore: []) {
            return Check(
                name: name, ok: false,
                detail: "The clock is behind the last token issued. Set it right, or see latchkey db reset-clock.")
        }
        return Check(name: name, ok: true, detail: nil)
    }
}
