import ArgumentParser
import LatchkeyCore
import LatchkeyTokens

struct TokenVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verifies an access token like a service does, and says why when it is refused.",
        discussion: """
            Reads the token from standard input, the keys and the revocation list from files or URLs; by default from
            the configured issuer.

              latchkey token verify < token.txt
              latchkey token verify --jwks jwks.json --list list.json --audience https://api.example.com < token.txt
              latchkey token verify --issuer https://auth.example.com --no-list < token.txt
            """
    )

    @OptionGroup var input: TokenInput
    @Option(name: .long, help: "Expected iss; by default the configured issuer.") var issuer: String?
    @Option(name: .long, help: "Expected aud; by default the issuer. `any` accepts every audience.")
    var audience: String?
    @Option(name: .long, help: "JWKS, file or URL; by default the issuer's.") var jwks: String?
    @Option(name: .long, help: "Revocation list, file or URL; by default the issuer's.") var list: String?
    @Flag(help: "Do not look at a revocation list.") var noList = false
    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        guard list == nil || !noList else { throw ValidationError("--list and --no-list exclude each other.") }
    }

    func run() async throws {
        let token = try input.read()
        let expected: String
        if let issuer { expected = issuer } else { expected = try await settings.load().core.issuer }
        let keys = try await keySet(of: expected)
        let now = Timestamp.wallClock
        let revocations = noList ? nil : try await revocationList(of: expected, now: now)
        if revocations?.freshness(at: now) == .stale {
            Terminal.note("Warning: the revocation list is older than it may be; a service would ask for a new one.")
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
                "The token is refused: \(Self.reason(error)).\(Self.advice(error, token, audience ?? expected))")
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

    private func keySet(of issuer: String) async throws -> JSONWebKeySet {
        let place = jwks ?? issuer + "/.well-known/jwks.json"
        let bytes = try await PublicDocument.read(place, "the JWKS")
        do {
            return try JSONWebKeySet(parsing: bytes)
        } catch {
            throw CommandFailure("The JWKS of \(place) cannot be used: \(error).")
        }
    }

    private func revocationList(of issuer: String, now: Timestamp) async throws -> RevocationListState {
        let place = list ?? issuer + "/revocations"
        let bytes = try await PublicDocument.read(place, "the revocation list")
        do {
            var state = RevocationListState(issuer: issuer)
            try state.apply(try RevocationDocument(parsing: bytes), receivedAt: now)
            return state
        } catch {
            throw CommandFailure("The revocation list of \(place) cannot be used: \(error).")
        }
    }

    /// What to do about the two refusals that are most often a mistake of the question.
    private static func advice(_ error: any Error, _ token: String, _ audience: String) -> String {
        switch error as? VerificationError {
        case .some(.wrongAudience):
            let found = (try? UnverifiedToken(parsing: token).unverifiedClaims())?.audience ?? []
            return " It is for \(found.joined(separator: ", ")), not for \(audience): name it with --audience."
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
    /// - Parameter what: for the error, "the JWKS".
    static func read(_ place: String, _ what: String) async throws -> [UInt8] {
        guard place.hasPrefix("http://") || place.hasPrefix("https://") else {
            guard let bytes = SmallFile.bytes(place, limit: HTTPTransport.maximumBody) else {
                throw CommandFailure("Cannot read \(what) from \(place).")
            }
            return bytes
        }
        do {
            let answer = try await HTTPTransport.send("GET", place, fields: [("Accept", "application/json")])
            guard answer.status == 200 else {
                throw CommandFailure("\(place) answered with status \(answer.status) when asked for \(what).")
            }
            return answer.body
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("No answer from \(place) when asked for \(what): \(HTTPTransport.reason(error)).")
        }
    }
}
