import ArgumentParser
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens
import LatchkeyVerifier

struct TokenVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verifies an access token as a service does, and says why if it is refused.",
        discussion: """
            Reads the token from standard input. The keys and the revocation list come from files or URLs; by default
            from the server that runs on the data directory, or from the one that --url or --issuer names.

              latchkey token verify < token.txt
              latchkey token verify --url https://auth.example.com --ca ca.pem --audience https://api.example.com
              latchkey token verify --jwks jwks.json --list list.json --audience https://api.example.com < token.txt
              latchkey token verify --issuer https://auth.example.com --no-list < token.txt
            """
    )

    @OptionGroup var input: TokenInput
    @Option(name: .long, help: "Expected iss; by default the server's issuer.") var issuer: String?
    @Option(name: .long, help: "Expected aud; by default the issuer. `any` accepts every audience.")
    var audience: String?
    @Option(name: .long, help: "File or URL of the JWKS; by default the server's.", completion: .file())
    var jwks: String?
    @Option(name: .long, help: "File or URL of the revocation list; by default the server's.", completion: .file())
    var list: String?
    @Flag(help: "Do not check a revocation list.") var noList = false
    @OptionGroup var server: ServerOptions
    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        guard list == nil || !noList else { throw ValidationError("--list and --no-list cannot be combined.") }
    }

    func run() async throws {
        try input.check()
        let (expected, source) = try await issuerAndSource()
        let token = try input.read()
        let keys = try await keySet(source)
        let now = Timestamp.wallClock
        let revocations = noList ? nil : try await revocationList(source, of: expected, now: now)
        if revocations?.freshness(at: now) == .stale {
            Terminal.note("Warning: the revocation list is too old; a service would fetch a new one.")
        }
        let rules = AccessTokenRules(
            issuer: expected, audience: audience == "any" ? nil : audience ?? expected, revocations: revocations?.index)
        let verified: VerifiedToken
        do {
            let unverified = try UnverifiedToken(parsing: token)
            verified = try unverified.verified(
                keys: { id in keys[id].map { VerificationKey($0) } }, rules: rules, now: now)
        } catch {
            throw CommandFailure(
                "The token is refused: \(Self.reason(error))."
                    + Self.advice(error, token, audience: audience ?? expected, issuer: expected))
        }
        let claims = verified.claims
        var card = TextCard()
        card.add("subject", claims.subject)
        card.add("client", claims.clientID.description)
        card.add("session", claims.sessionID?.description)
        card.add("audience", claims.audience.joined(separator: ", "))
        card.add("scope", claims.scope.description)
        card.add("roles", claims.roles.joined(separator: ", "))
        card.add("expires", TimeText.string(claims.expiresAt.seconds))
        card.add("jti", claims.tokenID.description)
        card.add("key", "\(verified.keyID) (\(verified.algorithm.rawValue))")
        Terminal.line(noList ? "The token is valid; revocation was not checked." : "The token is valid.")
        for line in card.lines { Terminal.line(line) }
        Terminal.next("revoke it with \(settings.command("revoke token", on: claims.tokenID.description)).")
    }

    /// The expected issuer, and the source of keys and list unless options name them.
    private func issuerAndSource() async throws -> (issuer: String, PublicDocument.Source) {
        let roots = try server.roots()
        if server.url == nil {
            if let issuer { return (issuer, .url(issuer, roots)) }
            if jwks != nil, list != nil || noList, let issuer = try await configuredIssuer() {
                return (issuer, .url(issuer, roots))
            }
        }
        let address = try await ServerAddress.find(server, settings)
        return (issuer ?? address.issuer, .server(address, roots))
    }

    /// Nil when a running server can be asked instead. The value is not used as an address, so a guess is good enough.
    private func configuredIssuer() async throws -> String? {
        let values = try ConfigurationValues.read(settings.sources())
        let directory = DataDirectory(path: try values.value(of: ConfigurationKey.dataDirectory))
        guard (try? AdminConnection.reachableSocket(of: directory)) == nil else { return nil }
        return try await settings.load().core.issuer
    }

    private func keySet(_ source: PublicDocument.Source) async throws -> JSONWebKeySet {
        let (bytes, place) = try await PublicDocument.read(jwks, or: PublicPath.keySet, source, "the JWKS")
        do {
            return try JSONWebKeySet(parsing: bytes)
        } catch {
            throw CommandFailure("The JWKS of \(place) cannot be used: \(error).")
        }
    }

    private func revocationList(
        _ source: PublicDocument.Source, of issuer: String, now: Timestamp
    ) async throws -> RevocationListState {
        let (bytes, place) = try await PublicDocument.read(
            list, or: PublicPath.revocations, source, "the revocation list")
        do {
            var state = RevocationListState(issuer: issuer)
            try state.apply(try RevocationDocument(parsing: bytes), receivedAt: now)
            return state
        } catch {
            throw CommandFailure("The revocation list of \(place) cannot be used: \(error).")
        }
    }

    /// What to do about the refusals that usually come from a wrong option.
    private static func advice(_ error: any Error, _ token: String, audience: String, issuer: String) -> String {
        switch error as? VerificationError {
        case .some(.wrongIssuer):
            let found = (try? UnverifiedToken(parsing: token).unverifiedClaims())?.issuer ?? ""
            return
                " It was issued by \(found), not by \(issuer): give its issuer with --issuer, or its server with --url."
        case .some(.wrongAudience):
            let found = (try? UnverifiedToken(parsing: token).unverifiedClaims())?.audience ?? []
            return
                " It is for \(found.joined(separator: ", ")), not for \(audience): give its audience with --audience."
        case .some(.unknownKey):
            return " Its key is not in the JWKS: it was withdrawn, or another server made the token."
        default: return ""
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? VerificationError else { return "it is malformed (\(error))" }
        guard let entry = error.revocation else { return error.description }
        return "revoked by entry \(entry.sequence) of kind \(entry.kind.rawValue)"
    }
}

/// A document that anyone may read: from a file or over HTTP.
enum PublicDocument {
    /// The source of documents that no option names.
    enum Source: Sendable {
        case server(ServerAddress, TrustRoots)
        case url(String, TrustRoots)
    }

    /// - Parameters:
    ///   - place: a file or URL; nil for `path` on the source.
    ///   - what: for the error, "the JWKS".
    /// - Returns: the document, and where it came from.
    static func read(
        _ place: String?, or path: String, _ source: Source, _ what: String
    ) async throws -> (bytes: [UInt8], place: String) {
        let roots =
            switch source {
            case .server(_, let roots), .url(_, let roots): roots
            }
        if let place, !isURL(place) {
            guard let bytes = SmallFile.bytes(place, limit: HTTPTransport.maximumBody) else {
                throw CommandFailure("Cannot read \(what) from \(place).")
            }
            return (bytes, place)
        }
        let answer: HTTPAnswer
        let from: String
        switch (place, source) {
        case (let place?, _):
            from = place
            answer = try await get(from, roots)
        case (nil, .server(let address, _)):
            from = address.url.map { $0 + path } ?? address.name
            answer = try await address.get(path)
        case (nil, .url(let base, _)):
            from = base + path
            answer = try await get(from, roots)
        }
        guard answer.status == 200 else {
            throw CommandFailure("\(from) answered with status \(answer.status) when asked for \(what).")
        }
        return (answer.body, from)
    }

    private static func isURL(_ text: String) -> Bool {
        text.utf8.starts(with: "http://".utf8) || text.utf8.starts(with: "https://".utf8)
    }

    private static func get(_ url: String, _ roots: TrustRoots) async throws -> HTTPAnswer {
        try await ServerAddress.exchange("GET", url, fields: [("Accept", "application/json")], roots)
    }
}
