package import LatchkeyTokens

/// How somebody has shown who they are (RFC 8176).
package enum AuthenticationMethod: String, Sendable {
    case password = "pwd"
}

/// One thing that was shown, and when.
package struct Proof: Sendable, Equatable {
    package let method: AuthenticationMethod
    package let at: Timestamp

    package init(_ method: AuthenticationMethod, at instant: Timestamp) {
        self.method = method
        at = instant
    }
}

/// A user who has shown who they are: what every sign-in begins with, whatever comes of it. Made where proofs are
/// judged; the transaction that begins a session looks whether it still holds.
package struct Authenticated: Sendable {
    /// As read for the proof.
    package let user: User
    /// Of the credential that was verified. Another one by the time of the transaction: the sign-in has lost.
    package let credentialVersion: Int64
    /// In the order in which they came; never empty.
    package let proofs: [Proof]
    /// Leave to look at the password; `nil` for a proof that was looked at before. Released with the last reference,
    /// better once the outcome is on disk.
    package let admission: Admission?

    package init(user: User, credentialVersion: Int64, proofs: [Proof], admission: Admission?) {
        self.user = user
        self.credentialVersion = credentialVersion
        self.proofs = proofs
        self.admission = admission
    }

    /// `amr`
    package var methods: [String] { proofs.map(\.method.rawValue) }

    /// Throttle buckets to reset.
    package var resetting: [ThrottleBucket] { admission?.resetOnSuccess ?? [] }
}

/// What a sign-in asks for, beyond who signs in.
struct SignIn {
    let client: Client
    let scope: Scope?
    let transport: Session.Transport
    let deviceName: String?
    let network: String
    /// A session of the same client whose cookie came along: it ends.
    let replacing: SessionID?
}

extension SignIn {
    init(_ request: LoginRequest, transport: Session.Transport? = nil, replacing: SessionID?) {
        self.init(
            client: request.client, scope: request.scope, transport: transport ?? request.transport,
            deviceName: request.deviceName, network: request.network, replacing: replacing)
    }
}
