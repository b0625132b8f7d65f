import LatchkeyCore
import LatchkeyHTTP
import LatchkeyPages
import LatchkeyTokens
import Logging

extension ConfigurationKey {
    private static let day: Duration = .seconds(86400)
    private static let tenYears: Duration = .seconds(3650 * 86400)

    static let issuer = Typed<String>(
        "issuer", .text, default: nil,
        "Public URL of this server and iss of every token; by default http://localhost:<port> on loopback.")
    static let listen = Typed<[ListenAddress]>(
        "listen", .addresses, default: "127.0.0.1:8080,[::1]:8080", "Addresses to serve HTTP on.")
    static let adminListen = Typed<[ListenAddress]>(
        "admin.listen", .addresses, default: nil,
        "Addresses that serve only the admin API and metrics; by default `listen` serves them too.")
    static let adminTLS = Typed<Bool>(
        "admin.tls", .flag, default: nil,
        "Whether admin.listen speaks TLS; by default like listen, but plain HTTP on a loopback address.")
    static let dataDirectory = Typed<String>(
        "data_dir", .text, default: "./data", "Directory of the database, the lock, the socket and the master key.")
    static let masterKeyFile = Typed<String>(
        "master_key_file", .text, default: nil,
        "File of the master key, mode 0600; by default master.key in the data directory.")
    static let bootstrapAdmin = Typed<String>(
        "bootstrap.admin", .text, default: nil,
        "Name of an administrator to create when the server starts without any user.")
    static let bootstrapPasswordFile = Typed<String>(
        "bootstrap.password_file", .text, default: nil,
        "File with that administrator's first password on one line; any line ending will do.")
    static let tlsCertificate = Typed<String>(
        "tls.certificate", .text, default: nil,
        "PEM file of the certificate chain; without it the server speaks plain HTTP. Read again when it changes.")
    static let tlsPrivateKey = Typed<String>(
        "tls.private_key", .text, default: nil, "PEM file of the certificate's private key.")
    static let trustedProxies = Typed<TrustedProxies>(
        "trusted_proxies", .networks, default: nil,
        "Addresses or networks whose X-Forwarded-For is trusted, such as 10.0.0.0/8. The proxy must clear Forwarded."
    )

    static let accessTTL = Typed<Duration>(
        "tokens.access_ttl",
        .duration(LatchkeyCore.Settings.Tokens.shortestLifetime...LatchkeyCore.Settings.Tokens.longestLifetime),
        default: "300s",
        "Lifetime of an access token.")
    static let algorithm = Typed<JWSAlgorithm>(
        "tokens.algorithm", .choice(JWSAlgorithm.self), default: "ES256",
        "Signature algorithm of access tokens; a client can have its own.")
    static let audience = Typed<String>(
        "tokens.audience", .text, default: nil, "aud of access tokens; by default the issuer.")
    static let maxSkew = Typed<Duration>(
        "tokens.max_skew", .duration(.seconds(60) ... .seconds(600)), default: "120s",
        "Largest clock difference that a verifier may allow.")

    static let idleTTL = Typed<Duration>(
        "refresh.idle_ttl", .duration(.seconds(60)...tenYears), default: "14d",
        "A session ends when it has not been refreshed for this long.")
    static let absoluteTTL = Typed<Duration>(
        "refresh.absolute_ttl", .duration(.seconds(60)...tenYears), default: "90d",
        "A session ends this long after the sign-in.")
    static let reuseWindow = Typed<Duration>(
        "refresh.reuse_window", .duration(.seconds(1) ... .seconds(600)), default: "30s",
        "How long the token used last is still accepted, for lost responses and tabs: "
            + "half of it with the same successor, then with an access token only.")
    static let recoveryLimit = Typed<Int>(
        "refresh.recovery_limit", .integer(0...1000), default: "8",
        "How often in 24 hours a session may recover from a lost response after that window.")

    static let minLength = Typed<Int>(
        "password.min_length", .integer(8...64), default: "15", "Shortest new password, in characters.")
    static let memoryKiB = Typed<Int>(
        "password.argon2.memory_kib", .integer(8...4_194_304), default: "19456", "Argon2id memory of one hash, KiB.")
    static let iterations = Typed<Int>(
        "password.argon2.iterations", .integer(1...64), default: "2", "Argon2id passes over that memory.")
    static let parallelism = Typed<Int>(
        "password.argon2.parallelism", .integer(1...16), default: "1", "Argon2id lanes.")

    static let hashThreads = Typed<Int?>(
        "login.hash_threads", .threads, default: "cores",
        "Threads that hash passwords: a number, or cores (in a container, its CPU quota).")
    static let hashNiceness = Typed<Int>(
        "login.hash_niceness", .integer(0...19), default: "10",
        "Niceness of those threads, at most 19; 0 where other programs keep the machine busy.")
    static let precedence = Typed<Bool>(
        "login.precedence", .flag, default: "false",
        "Whether all else runs before hashing, at a real-time priority, where the system allows it (LimitRTPRIO=2).")
    static let maxQueueWait = Typed<Duration>(
        "login.max_queue_wait", .duration(.milliseconds(100) ... .seconds(60)), default: "2s",
        "A login that would wait longer is refused at once, with Retry-After.")
    static let accountFailures = Typed<Int>(
        "login.throttle.account_failures", .integer(1...100_000), default: "10",
        "Failed logins of one account from one network before delays begin.")
    static let addressFailures = Typed<Int>(
        "login.throttle.address_failures", .integer(1...1_000_000), default: "100",
        "Failed logins from one network before delays begin.")
    static let window = Typed<Duration>(
        "login.throttle.window", .duration(.seconds(60)...day), default: "15m", "How long a failure counts.")

    static let emailSignIn = Typed<Bool>(
        "users.email_sign_in", .flag, default: "false",
        "Whether users may sign in with the e-mail address too; then no two users may share a name or an address.")
    static let claimScopes = Typed<[ReleasedClaims]>(
        "claims.scopes", .releasedClaims, default: nil,
        "Further claims about users that a scope releases, as SCOPE=CLAIM, with more claims after spaces.")

    static let pagesName = Typed<String>(
        "pages.name", .title, default: "Latchkey", "Name at the top of the sign-in pages.")
    static let pagesLogo = Typed<String>(
        "pages.logo", .text, default: nil,
        "Picture beside that name: a PNG or SVG file of at most 256 KiB. Read when the server starts.")
    static let accentLight = Typed<Colour>(
        "pages.accent.light", .colour, default: Palette.light.accent.description,
        "Colour of buttons and links on light pages, as #RRGGBB; refused when text in it could not be read.")
    static let accentDark = Typed<Colour>(
        "pages.accent.dark", .colour, default: Palette.dark.accent.description, "The same on dark pages.")
    static let pagesLanguage = Typed<Language>(
        "pages.language", .choice(Language.self), default: "en",
        "Language of the pages for people whose browser asks for neither English (en) nor German (de).")
    static let scopesEnglish = Typed<[ScopeSentence]>(
        "pages.scopes.en", .scopeSentences, default: nil,
        "What a scope gives an application, in English, for people who are asked for consent: as SCOPE=SENTENCE.")
    static let scopesGerman = Typed<[ScopeSentence]>(
        "pages.scopes.de", .scopeSentences, default: nil, "The same in German.")
    /// By the language of the sentences.
    static let scopes: [(language: Language, key: Typed<[ScopeSentence]>)] = [
        (.english, scopesEnglish), (.german, scopesGerman),
    ]

    static let rotationPeriod = Typed<Duration>(
        "keys.rotation_period", .duration(.seconds(3600)...tenYears), default: "30d", "How long a key signs.")
    static let announcePeriod = Typed<Duration>(
        "keys.announce_period", .duration(.seconds(3600) ... .seconds(365 * 86400)), default: "24h",
        "How long a key is published before it may sign.")
    static let jwksMaxAge = Typed<Duration>(
        "jwks.max_age", .duration(.seconds(1)...day), default: "300s", "Cache lifetime of the JWKS.")

    static let revocationsAccess = Typed<LatchkeyCore.Settings.Revocations.Access>(
        "revocations.access", .choice(LatchkeyCore.Settings.Revocations.Access.self), default: "public",
        "Who may read the revocation list: public for everyone, clients for authenticated clients only.")
    static let nextUpdate = Typed<Duration>(
        "revocations.next_update", .duration(.seconds(1) ... .seconds(60)), default: "5s",
        "How often services should poll the list.")
    static let expiresIn = Typed<Duration>(
        "revocations.expires_in", .duration(.seconds(2) ... .seconds(3600)), default: "60s",
        "How long a service may trust its copy of the list without another poll.")
    static let maxWait = Typed<Duration>(
        "revocations.max_wait", .duration(.zero ... .seconds(60)), default: "60s",
        "Longest time that a long poll is held.")
    static let maxWaiters = Typed<Int>(
        "revocations.max_waiters", .integer(0...1_000_000), default: "10000", "Long polls held at the same time.")
    static let maxWaitersPerAddress = Typed<Int>(
        "revocations.max_waiters_per_address", .integer(0...1_000_000), default: "64",
        "Long polls held at the same time for one address.")

    static let sharedSignals = Typed<Bool>(
        "shared_signals.enabled", .flag, default: "false",
        "Whether services can receive security events by polling (OpenID Shared Signals, RFC 8936).")
    static let maxPending = Typed<Int>(
        "shared_signals.max_pending", .integer(10...1_000_000), default: "100000",
        "Most events that wait for one receiver; beyond that, the oldest are dropped.")
    static let eventRetention = Typed<Duration>(
        "shared_signals.retention", .duration(.seconds(3600) ... .seconds(90 * 86400)), default: "7d",
        "How long an event waits for its receiver.")

    static let statusListEnabled = Typed<Bool>(
        "status_list.enabled", .flag, default: "false",
        "Whether tokens refer to a Token Status List, for software that reads those: true or false.")
    static let statusListTTL = Typed<Duration>(
        "status_list.ttl", .duration(.seconds(1) ... .seconds(25)), default: "15s",
        "How long a reader keeps a status list before it fetches it again; shorter than any token lifetime.")

    static let auditRetention = Typed<Duration>(
        "audit.retention", .duration(.seconds(3600)...tenYears), default: "90d",
        "How long the audit trail is kept.")
    static let store = Typed<EffectiveSettings.Engine>(
        "store", .choice(EffectiveSettings.Engine.self), default: "sqlite",
        "Database: sqlite, embedded in the data directory, or postgres, which several nodes share.")
    static let postgresURL = Typed<String>(
        "postgres.url", .text, default: nil,
        "How PostgreSQL is reached, as libpq reads it; without a password.", isSecret: true)
    static let postgresPasswordFile = Typed<String>(
        "postgres.password_file", .text, default: nil,
        "File with the password for PostgreSQL on one line. Read again for each connection.")
    static let postgresConnections = Typed<Int>(
        "postgres.connections", .integer(1...100), default: "8",
        "Connections of this node for transactions; 8 more are for refreshes, reads and news.")
    static let postgresListen = Typed<Bool>(
        "postgres.listen", .flag, default: "true",
        "Whether LISTEN works on this connection; false behind a pooler, and the database is asked ten times a second."
    )
    static let logLevel = Typed<Logger.Level>(
        "log.level", .choice(Logger.Level.self), default: "info",
        "Lowest level to log: trace, debug, info, notice, warning, error or critical.")
    static let logFormat = Typed<EffectiveSettings.LogFormat>(
        "log.format", .choice(EffectiveSettings.LogFormat.self), default: "text", "Log lines as text or JSON.")

    /// Every key, in the order of `Config/latchkey.yaml`.
    package static let all: [ConfigurationKey] = [
        issuer.key, listen.key, adminListen.key, adminTLS.key, dataDirectory.key, masterKeyFile.key, bootstrapAdmin.key,
        bootstrapPasswordFile.key,
        tlsCertificate.key, tlsPrivateKey.key, trustedProxies.key,
        accessTTL.key, algorithm.key, audience.key, maxSkew.key,
        idleTTL.key, absoluteTTL.key, reuseWindow.key, recoveryLimit.key,
        minLength.key, memoryKiB.key, iterations.key, parallelism.key,
        hashThreads.key, hashNiceness.key, precedence.key, maxQueueWait.key, accountFailures.key, addressFailures.key,
        window.key,
        emailSignIn.key, claimScopes.key,
        pagesName.key, pagesLogo.key, accentLight.key, accentDark.key, pagesLanguage.key, scopesEnglish.key,
        scopesGerman.key,
        rotationPeriod.key, announcePeriod.key, jwksMaxAge.key,
        revocationsAccess.key, nextUpdate.key, expiresIn.key, maxWait.key, maxWaiters.key, maxWaitersPerAddress.key,
        sharedSignals.key, maxPending.key, eventRetention.key,
        statusListEnabled.key, statusListTTL.key,
        auditRetention.key, store.key, postgresURL.key, postgresPasswordFile.key, postgresConnections.key,
        postgresListen.key, logLevel.key, logFormat.key,
    ]
}
