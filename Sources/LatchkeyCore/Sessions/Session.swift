package import LatchkeyTokens

/// One sign-in of a user through a client: the server-side record that owns one refresh-token lineage.
package struct Session: Sendable, Equatable {
    /// How the browser or application proves that it holds the session.
    package enum Transport: String, Sendable, CaseIterable {
        /// By a refresh token in request bodies.
        case body
        /// By a refresh token in a cookie.
        case cookie
        /// By a cookie that names the session itself (``SessionToken``): no refresh token, no JWT.
        case session
        /// By the cookie of the server's own pages (``BrowserSessionToken``): one browser's sign-in at the server, from
        /// which applications get sessions of their own.
        case browser
    }

    /// What began a session.
    package enum Beginning: Int64, Sendable {
        /// The application itself, with the user's password.
        case direct = 0
        /// An authorization code: only such sessions have ID tokens.
        case code = 1
    }

    package let id: SessionID
    package let user: UserID
    package let client: ClientID
    package let transport: Transport
    /// The scope granted at login; a refresh may narrow it for one access token, never widen it.
    package let scope: Scope
    /// Salt of the refresh-token key: 16 random bytes, never changed.
    package let nonce: [UInt8]
    package let createdAt: Timestamp
    /// The absolute end, fixed at login.
    package let expiresAt: Timestamp
    /// Authentication methods (RFC 8176), for instance `pwd`.
    package let authenticationMethods: [String]
    /// When the password was checked.
    package let authenticatedAt: Timestamp
    /// What the sign-in rests on; empty for a session that an application began itself.
    package let proofs: [Proof]
    /// The browser session that it came from.
    package let parent: SessionID?
    package let beginning: Beginning
    /// Resource indicators of the sign-in (RFC 8707).
    package let resources: [String]
    /// Free text from the client, for the user's list of sessions. At most 64 code points.
    package let deviceName: String?
    /// The source network at login (IPv4 address or IPv6 /64).
    package let network: String
    package var lineage: Lineage
    /// When and why it ended; `nil` while it is live.
    package var endedAt: Timestamp?
    package var endReason: RevocationReason?

    package init(
        id: SessionID, user: UserID, client: ClientID, transport: Transport, scope: Scope, nonce: [UInt8],
        createdAt: Timestamp, expiresAt: Timestamp, authenticationMethods: [String],
        authenticatedAt: Timestamp? = nil, proofs: [Proof] = [], parent: SessionID? = nil,
        beginning: Beginning = .direct, resources: [String] = [], deviceName: String?,
        network: String, lineage: Lineage, endedAt: Timestamp? = nil, endReason: RevocationReason? = nil
    ) {
        self.id = id
        self.user = user
        self.client = client
        self.transport = transport
        self.scope = scope
        self.nonce = nonce
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.authenticationMethods = authenticationMethods
        self.authenticatedAt = authenticatedAt ?? createdAt
        self.proofs = proofs
        self.parent = parent
        self.beginning = beginning
        self.resources = resources
        self.deviceName = deviceName
        self.network = network
        self.lineage = lineage
        self.endedAt = endedAt
        self.endReason = endReason
    }

    /// `acr`: the authentication class that the proofs reach; nil for a session that an application began itself.
    package var authenticationClass: String? {
        proofs.isEmpty ? nil : AuthorizationRequest.authenticationClasses[0]
    }

    /// Whether it goes on when the user signs out of the browser that it came from (OpenID Connect Core 11).
    package var outlivesParent: Bool { scope.contains(Scope.offlineAccess) }

    /// The refresh-token lineage of a session in five columns: rotation never adds a row.
    package struct Lineage: Sendable, Equatable {
        /// Last generation issued; 1 at login.
        package var current: UInt32
        /// Last generation that was presented; 0 until the first refresh. Always below `current`.
        package var held: UInt32
        /// When the last rotation or fork happened. The login counts as one, and so does a noted use of a session
        /// without JWT (``SessionUse``).
        package var rotatedAt: Timestamp
        /// The source network of the last rotation or fork.
        package var rotatedFrom: String
        /// Recoveries (forks) since `recoveryWindowStart`.
        package var recoveries: Int
        package var recoveryWindowStart: Timestamp

        package init(
            current: UInt32, held: UInt32, rotatedAt: Timestamp, rotatedFrom: String, recoveries: Int,
            recoveryWindowStart: Timestamp
        ) {
            self.current = current
            self.held = held
            self.rotatedAt = rotatedAt
            self.rotatedFrom = rotatedFrom
            self.recoveries = recoveries
            self.recoveryWindowStart = recoveryWindowStart
        }

        /// The state right after login.
        package static func begun(at now: Timestamp, from network: String) -> Lineage {
            Lineage(
                current: 1, held: 0, rotatedAt: now, rotatedFrom: network, recoveries: 0, recoveryWindowStart: now)
        }
    }
}

/// Whether a session may still be used: the checks between the client binding and the generation table.
package enum SessionValidity: Sendable, Equatable {
    case valid
    case revoked
    case expired

    /// - Parameters:
    ///   - idleLifetime: time since the last rotation after which the session has expired; `nil` skips that check.
    ///   - now: the store's clock.
    package static func judge(_ record: SessionRecord, idleLifetime: Duration?, now: Timestamp) -> SessionValidity {
        let session = record.session
        if record.isEnded || record.user.disabled || record.client.disabled { return .revoked }
        if now >= session.expiresAt { return .expired }
        if let idleLifetime,
            now.milliseconds - session.lineage.rotatedAt.milliseconds >= idleLifetime.wholeMilliseconds
        {
            return .expired
        }
        return .valid
    }
}
