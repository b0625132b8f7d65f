import Argon2
import LatchkeyCore
import LatchkeyTokens

extension LatchkeyCore.Settings {
    /// Fills every field from the configuration's texts.
    /// - Throws: ``ConfigurationError`` for the first value out of range, or two that contradict each other.
    init(issuer: String, _ values: ConfigurationValues) throws {
        self.init(issuer: issuer)

        tokens.accessLifetime = try values.duration(.accessTTL)
        guard let algorithm = JWSAlgorithm(name: try values.choice(.algorithm)) else {
            throw values.refusal(of: .algorithm)
        }
        tokens.algorithm = algorithm
        tokens.audience = values.text(.audience)
        tokens.maxSkew = try values.duration(.maxSkew)

        refresh.idleLifetime = try values.duration(.idleTTL)
        refresh.absoluteLifetime = try values.duration(.absoluteTTL)
        refresh.reuseWindow = try values.duration(.reuseWindow)
        refresh.recoveryLimit = try values.integer(.recoveryLimit)

        password.minimumLength = try values.integer(.minLength)
        do {
            password.argon2 = try Argon2Parameters(
                memoryKiB: try values.integer(.memoryKiB), iterations: try values.integer(.iterations),
                parallelism: try values.integer(.parallelism))
        } catch let error as Argon2ParametersError {
            throw ConfigurationError("`password.argon2` cannot be used: \(error).")
        }

        login.hashThreads = try Self.hashThreads(values)
        login.hashNiceness = try values.integer(.hashNiceness)
        login.precedence = try values.choice(.precedence) == "true"
        login.maxQueueWait = try values.duration(.maxQueueWait)
        login.accountFailures = try values.integer(.accountFailures)
        login.addressFailures = try values.integer(.addressFailures)
        login.window = try values.duration(.window)

        keys.rotationPeriod = try values.duration(.rotationPeriod)
        keys.announcePeriod = try values.duration(.announcePeriod)
        jwksMaxAge = try values.duration(.jwksMaxAge)
        guard keys.announcePeriod <= keys.rotationPeriod else {
            throw Self.contradiction(values, .announcePeriod, "must not be longer than", .rotationPeriod)
        }
        // A verifier may use a cached JWKS for max-age, then while it revalidates, then while we do not answer; and
        // some clients cache an hour whatever we say.
        let longestCache = jwksMaxAge + jwksMaxAge + .seconds(3600) + .seconds(3600)
        guard keys.announcePeriod >= longestCache else {
            throw ConfigurationError(
                "`keys.announce_period` must be at least \(longestCache.components.seconds)s with this jwks.max_age: "
                    + "verifiers may hold a JWKS without the new key for so long.")
        }
        guard tokens.audience != apiAudience else {
            throw ConfigurationError("`tokens.audience` must not be this server's own API, \(apiAudience).")
        }

        guard let access = Revocations.Access(rawValue: try values.choice(.revocationsAccess)) else {
            throw values.refusal(of: .revocationsAccess)
        }
        revocations.access = access
        revocations.nextUpdate = try values.duration(.nextUpdate)
        revocations.expiresIn = try values.duration(.expiresIn)
        revocations.maxWait = try values.duration(.maxWait)
        revocations.maxWaiters = try values.integer(.maxWaiters)
        revocations.maxWaitersPerAddress = try values.integer(.maxWaitersPerAddress)
        guard revocations.expiresIn > revocations.nextUpdate else {
            throw Self.contradiction(values, .expiresIn, "must be longer than", .nextUpdate)
        }
        sharedSignals.enabled = try values.choice(.sharedSignals) == "true"
        sharedSignals.maxPending = try values.integer(.maxPending)
        sharedSignals.retention = try values.duration(.eventRetention)
        statusList.enabled = try values.choice(.statusListEnabled) == "true"
        statusList.timeToLive = try values.duration(.statusListTTL)
        auditRetention = try values.duration(.auditRetention)
    }

    /// `cores` means nil.
    private static func hashThreads(_ values: ConfigurationValues) throws -> Int? {
        let text = try values.required(.hashThreads)
        if text == "cores" { return nil }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), (1...1024).contains(number)
        else {
            throw ConfigurationError(
                "`login.hash_threads` is \(text)\(values.source(of: .hashThreads)), but must be cores or a whole "
                    + "number from 1 to 1024.")
        }
        return number
    }

    private static func contradiction(
        _ values: ConfigurationValues, _ key: ConfigurationKey, _ relation: String, _ other: ConfigurationKey
    ) -> ConfigurationError {
        let value = values.texts(key).joined()
        let limit = values.texts(other).joined()
        return ConfigurationError(
            "`\(key.name)` is \(value)\(values.source(of: key)), but \(relation) `\(other.name)`, which is \(limit).")
    }
}
