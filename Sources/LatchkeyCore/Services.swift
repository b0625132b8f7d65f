package import Argon2

/// Everything that the HTTP layer calls, composed once.
package struct Services: Sendable {
    package let settings: Settings
    package let clock: Clock
    package let store: any Store
    package let users: UserService
    package let clients: ClientService
    package let clientDirectory: ClientDirectory
    package let clientAuthenticator: ClientAuthenticator
    package let sessions: SessionService
    package let clientTokens: ClientTokenService
    package let bearer: BearerVerifier
    package let introspection: IntrospectionService
    package let revocations: RevocationLog
    package let feed: RevocationFeed
    package let keys: KeyRotationService
    package let keyRing: KeyRing
    package let masterKeys: MasterKeyService
    package let hashPool: HashPool
    package let throttle: LoginThrottle
    package let audit: AuditTrail
}
