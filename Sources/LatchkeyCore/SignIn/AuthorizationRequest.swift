package import LatchkeyTokens

/// What a client asked of the authorization endpoint, after every check (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1).
package struct AuthorizationRequest: Sendable, Equatable {
    /// How the answer travels to the client (OAuth 2.0 Multiple Response Type Encoding Practices 2.1, Form Post).
    package enum ResponseMode: String, Sendable, CaseIterable {
        case query
        case formPost = "form_post"
    }

    /// What `prompt` asks for (OpenID Connect Core 3.1.2.1). `none` stands alone.
    package struct Prompt: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let none = Prompt(rawValue: 1)
        package static let login = Prompt(rawValue: 2)
        package static let consent = Prompt(rawValue: 4)
        package static let selectAccount = Prompt(rawValue: 8)
    }

    /// An ID token of ours that was sent as a hint: whom the client believes to be signed in.
    package struct Hint: Sendable, Equatable {
        package let user: UserID
        package let session: SessionID?
        package init(user: UserID, session: SessionID?) {
            self.user = user
            self.session = session
        }
    }

    package let client: Client
    /// Where the answer goes: registered, except for the port of a loopback URI (RFC 8252 7.3).
    package var redirectURI: String
    /// Whether the request named it; if not, it is the only one that is registered.
    package var namesRedirectURI = true
    package var responseMode = ResponseMode.query
    /// Returned byte by byte.
    package var state: String?
    /// What the client may have of what it asked for.
    package var scope = Scope()
    package var nonce: String?
    /// `code_challenge` of method S256 (RFC 7636): 43 base64url characters. `nil` only for a client that need not send
    /// one.
    package var challenge: String?
    package var prompt: Prompt = []
    /// Seconds.
    package var maximumAge: Int64?
    package var acrValues: [String] = []
    package var hint: Hint?
    package var loginHint: String?
    package var uiLocales: [String] = []
    /// RFC 8707; each is an audience of the client's tokens.
    package var resources: [String] = []
    /// The page of our own that asked for the sign-in, by its path: the browser goes back there, and nobody gets a code.
    package var ownPage: String?
    /// Whether the answer goes to a program of this device, for which the user must click: see ``AppRedirect``.
    package var needsClick = false

    package init(client: Client, redirectURI: String) {
        self.client = client
        self.redirectURI = redirectURI
    }

    /// A sign-in for a page of our own: of the built-in client, which has no settings and gets neither code nor token.
    package init(ownPage path: String, at uri: String) {
        self.init(
            client: Client(
                id: .signInPages, kind: .public, settings: ClientSettings { $0.consent = .never },
                createdAt: Timestamp(seconds: 0)), redirectURI: uri)
        ownPage = path
    }
}
