import LatchkeyTokens

/// Asks the server about one token (RFC 7662). Everything except a clear "active" is a refusal.
struct IntrospectionClient: Sendable {
    private static let maximumLength = 65536

    private let http: VerifierHTTP
    private let canAsk: Bool
    private let limit: Duration

    init(_ configuration: TokenVerifier.Configuration, http: VerifierHTTP) {
        self.http = http
        limit = configuration.limits.requestTimeout
        // The endpoint accepts only confidential clients with their secret; a bearer token does not open it.
        canAsk = if case .basic = configuration.credentials?.kind { true } else { false }
    }

    /// Returns when the server says that the token is active. Its signature and claims have been checked before.
    ///
    /// - Parameter token: contains only base64url and dots, so it is safe in a form.
    /// - Throws: ``VerificationError`` `inactive`, `introspection_failed`.
    func confirm(_ token: String, tokenID: TokenID) async throws(VerificationError) {
        guard canAsk else { throw Self.failed("the configuration has no client credentials") }
        let answer: VerifierHTTP.Answer
        do throws(TransportFailure) {
            answer = try await http.send(
                .post, "/oauth2/introspect", headers: [("Accept", "application/json")],
                form: "token=\(token)&token_type_hint=access_token", authenticated: true,
                maximumLength: Self.maximumLength, within: limit)
        } catch {
            throw Self.failed(error.description)
        }
        guard answer.status == 200 else { throw Self.failed("status \(answer.status)") }
        guard let object = try? StrictJSON.parseObject(answer.body), let active = object["active"]?.bool else {
            throw Self.failed("not an introspection answer")
        }
        guard active else { throw .inactive }
        // A cache that answers for another token must not vouch for this one.
        guard object["jti"] == .string(tokenID.description) else { throw Self.failed("about another token") }
    }

    private static func failed(_ detail: String) -> VerificationError {
        VerificationError(VerificationError.introspectionFailed.code.rawValue, detail: detail)
    }
}
