import Crypto
import LatchkeyBytes
package import LatchkeyTokens

/// A one-time code on its way from the login page to the application's host: a secret that prints as `<redacted>`.
package struct LoginCodeString: SecretValue {
    /// How long a code may be redeemed (RFC 6749 4.1.2 asks for at most ten minutes).
    package static let lifetime: Duration = .seconds(60)
    private static let prefix = "lkc_"
    private static let byteCount = 32

    /// `lkc_` and 43 base64url characters.
    package let text: String

    /// 256 random bits from the operating system.
    package static func generate() -> LoginCodeString {
        LoginCodeString(text: prefix + Base64URL.string(RandomBytes.make(byteCount)))
    }

    private init(text: String) { self.text = text }

    /// Nil unless `text` has the form of a code.
    package init?(_ text: String) {
        guard text.beginsWithBytes(of: Self.prefix),
            Base64URL.decode(Array(text.utf8.dropFirst(Self.prefix.utf8.count)))?.count == Self.byteCount
        else { return nil }
        self.text = text
    }

    /// SHA-256: enough for random text, and the only part that is stored.
    package var digest: [UInt8] { Self.digest(text) }

    /// SHA-256 of a code or a state.
    package static func digest(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }
}

/// Everything that a sign-in writes when its session begins later and on another host.
package struct LoginCodeIssue: Sendable {
    package let digest: [UInt8]
    package let stateDigest: [UInt8]
    package let authenticated: Authenticated
    package let client: ClientID
    package let redirectURI: String
    package let scope: Scope
    package let deviceName: String?
    package let network: String

    package init(
        digest: [UInt8], stateDigest: [UInt8], authenticated: Authenticated, client: ClientID, redirectURI: String,
        scope: Scope, deviceName: String?, network: String
    ) {
        self.digest = digest
        self.stateDigest = stateDigest
        self.authenticated = authenticated
        self.client = client
        self.redirectURI = redirectURI
        self.scope = scope
        self.deviceName = deviceName
        self.network = network
    }
}

/// A code that came back with the state of the browser's own sign-in, to be redeemed by the writer.
package struct LoginCodeRedemption: Sendable {
    package let digest: [UInt8]
    package let stateDigest: [UInt8]
    package let client: ClientID
    package let redirectURI: String
    /// The id of the session to begin.
    package let session: SessionID
    package let nonce: [UInt8]
    package let absoluteLifetime: Duration
    /// The network that the code came from; the session's own network is that of the sign-in.
    package let network: String
    /// A session of the same client whose cookie was sent along: it ends.
    package let replacing: SessionID?

    package init(
        digest: [UInt8], stateDigest: [UInt8], client: ClientID, redirectURI: String, session: SessionID,
        nonce: [UInt8], absoluteLifetime: Duration, network: String, replacing: SessionID?
    ) {
        self.digest = digest
        self.stateDigest = stateDigest
        self.client = client
        self.redirectURI = redirectURI
        self.session = session
        self.nonce = nonce
        self.absoluteLifetime = absoluteLifetime
        self.network = network
        self.replacing = replacing
    }
}

package enum LoginCodeOutcome: Sendable {
    case begun(SessionRecord, IssuanceStamp)
    /// Used before: the session that it began has been ended now.
    case replayed
    /// Unknown, expired, for another client, redirect URI or browser, or overtaken by a password change or a
    /// revocation. A code that was presented in the wrong place is deleted.
    case refused
}
