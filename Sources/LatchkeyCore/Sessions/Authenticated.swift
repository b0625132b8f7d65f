import LatchkeyTokens

/// A user who has been authenticated: the start of every sign-in, whatever its result. Created where proofs are
/// checked; the transaction that begins a session checks that it still holds.
package struct Authenticated: Sendable {
    /// As read for the proof.
    package let user: User
    /// The version of the credential that was verified. If it is another one by the time of the transaction, the
    /// sign-in has lost a race.
    package let credentialVersion: Int64
    /// In the order in which they were given; never empty.
    package let proofs: [Proof]
    /// Permission to try the password; `nil` for a proof that was checked earlier. Released with the last reference,
    /// preferably once the outcome is on disk.
    package let admission: Admission?

    package init(user: User, credentialVersion: Int64, proofs: [Proof], admission: Admission?) {
        self.user = user
        self.credentialVersion = credentialVersion
        self.proofs = proofs
        self.admission = admission
    }

    /// `amr`
    package var methods: [String] { proofs.methods }

    /// Throttle buckets to reset.
    package var resetting: [ThrottleBucket] { admission?.resetOnSuccess ?? [] }
}

/// What a sign-in requests, apart from the user.
struct SignIn {
    let client: Client
    let scope: Scope?
    let transport: Session.Transport
    let deviceName: String?
    let network: String
    /// A session of the same client whose cookie was sent along: it ends.
    let replacing: SessionID?
}

extension SignIn {
    init(_ request: LoginRequest, transport: Session.Transport? = nil, replacing: SessionID?) {
        self.init(
            client: request.client, scope: request.scope, transport: transport ?? request.transport,
            deviceName: request.deviceName, network: request.network, replacing: replacing)
    }
}
