import Argon2
import LatchkeyCore
import LatchkeyTokens

extension LatchkeyCore.Settings {
    /// Fills every field from the configuration.
    /// - Throws: ``ConfigurationError`` for the first value out of range, or two that contradict each other.
    init(issuer: String, _ values: ConfigurationValues) throws {
        typealias Key = ConfigurationKey
        self.init(issuer: issuer)

        tokens.accessLifetime = try values.value(of: Key.accessTTL)
        tokens.algorithm = try values.value(of: Key.algorithm)
        tokens.audience = try values.optional(Key.audience)
        tokens.maxSkew = try values.value(of: Key.maxSkew)

        refresh.idleLifetime = try values.value(of: Key.idleTTL)
        refresh.absoluteLifetime = try values.value(of: Key.absoluteTTL)
        refresh.reuseWindow = try values.value(of: Key.reuseWindow)
        refresh.recoveryLimit = try values.value(of: Key.recoveryLimit)

        password.minimumLength = try values.value(of: Key.minLength)
        do {
            password.argon2 = try Argon2Parameters(
                memoryKiB: try values.value(of: Key.memoryKiB), iterations: try values.value(of: Key.iterations),
                parallelism: try values.value(of: Key.parallelism))
        } catch let error as Argon2ParametersError {
            throw ConfigurationError("`password.argon2` cannot be used: \(error).")
        }

        login.hashThreads = try values.value(of: Key.hashThreads)
        login.hashNiceness = try values.value(of: Key.hashNiceness)
        login.precedence = try values.value(of: Key.precedence)
        login.maxQueueWait = try values.value(of: Key.maxQueueWait)
        login.accountFailures = try values.value(of: Key.accountFailures)
        login.addressFailures = try values.value(of: Key.addressFailures)
        login.window = try values.value(of: Key.window)

        users.emailSignIn = try values.value(of: Key.emailSignIn)
        claims.scopes = try values.optional(Key.claimScopes) ?? []

        keys.rotationPeriod = try values.value(of: Key.rotationPeriod)
        keys.announcePeriod = try values.value(of: Key.announcePeriod)
        jwksMaxAge = try values.value(of: Key.jwksMaxAge)
        guard keys.announcePeriod <= keys.rotationPeriod else {
            throw Self.contradiction(values, Key.announcePeriod.key, "must not be longer than", Key.rotationPeriod.key)
        }
        // A verifier may use a cached JWKS for max-age, then while it revalidates, then while we do not answer; and
        // some clients cache for an hour whatever we say.
        let longestCache = jwksMaxAge + jwksMaxAge + .seconds(3600) + .seconds(3600)
        guard keys.announcePeriod >= longestCache else {
            throw ConfigurationError(
                "`keys.announce_period` must be at least \(longestCache.components.seconds)s with this jwks.max_age: "
                    + "verifiers may hold a JWKS without the new key for that long.")
        }
        guard tokens.audience != apiAudience else {
            throw ConfigurationError("`tokens.audience` must not be this server's own API, \(apiAudience).")
        }

        revocations.access = try values.value(of: Key.revocationsAccess)
        revocations.nextUpdate = try values.value(of: Key.nextUpdate)
        revocations.expiresIn = try values.value(of: Key.expiresIn)
        revocations.maxWait = try values.value(of: Key.maxWait)
        revocations.maxWaiters = try values.value(of: Key.maxWaiters)
        revocations.maxWaitersPerAddress = try values.value(of: Key.maxWaitersPerAddress)
        guard revocations.expiresIn > revocations.nextUpdate else {
            throw Self.contradiction(values, Key.expiresIn.key, "must be longer than", Key.nextUpdate.key)
        }
        sharedSignals.enabled = try values.value(of: Key.sharedSignals)
        sharedSignals.maxPending = try values.value(of: Key.maxPending)
        sharedSignals.retention = try values.value(of: Key.eventRetention)
        statusList.enabled = try values.value(of: Key.statusListEnabled)
        statusList.timeToLive = try values.value(of: Key.statusListTTL)
        auditRetention = try values.value(of: Key.auditRetention)
    }

    private static func contradiction(
        _ values: ConfigurationValues, _ key: ConfigurationKey, _ relation: String, _ other: ConfigurationKey
    ) -> ConfigurationError {
        let value = values.shown(key)
        let limit = values.shown(other)
        return ConfigurationError(
            "`\(key.name)` is \(value)\(values.source(of: key)), but \(relation) `\(other.name)`, which is \(limit).")
    }
}
