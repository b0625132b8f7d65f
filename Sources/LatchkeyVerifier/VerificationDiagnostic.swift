public import LatchkeyTokens

/// One step in the verification of one token, reported for debugging a refusal.
///
/// Contains names and times, never the token, a signature, a key or a secret. Values that the issuer vouches for
/// (`iss`, `aud`, times) are shown only after the signature was verified.
public struct VerificationDiagnostic: Sendable, Hashable, CustomStringConvertible {
    /// The step taken.
    public let step: VerificationStep
    /// The reason against the token, when the step failed; equal by code.
    public let refusal: VerificationError?
    /// The values that were checked, for a person.
    public let detail: String

    /// As in `signature: passed` and `expiry: expired, exp is 1795420800, the local clock says 1795420901`.
    public var description: String {
        let outcome = refusal?.code.rawValue ?? "passed"
        return "\(step.rawValue): \(outcome)\(detail.isEmpty ? "" : ", \(detail)")"
    }
}

extension VerificationError {
    /// The step in which a token fails with this reason.
    public var step: VerificationStep {
        switch self {
        case .malformed: isAboutClaims ? .claims : .form
        case .wrongType, .algorithmNotAllowed: .header
        case .unknownKey, .noKeys: .key
        case .badSignature: .signature
        case .wrongIssuer: .issuer
        case .wrongAudience: .audience
        case .expired, .notYetValid: .expiry
        case .issuedInFuture: .issuedAt
        case .lifetimeOutOfBounds: .lifetime
        case .revoked: .revocation
        case .listStale, .listBlind: .freshness
        default: .introspection
        }
    }

    /// The only reason that two steps share: claims are read after the signature.
    private var isAboutClaims: Bool {
        let reasons: [MalformedToken.Reason] = [.badPayload, .badClaim]
        return reasons.contains { detail?.hasPrefix($0.rawValue) ?? false }
    }
}

/// Reports the steps to the caller's callback; without one it does nothing and costs nothing.
struct VerificationTrace {
    let report: ((VerificationDiagnostic) -> Void)?

    func passed(_ step: VerificationStep, _ detail: @autoclosure () -> String = "") {
        report?(VerificationDiagnostic(step: step, refusal: nil, detail: detail()))
    }

    func refused(_ error: VerificationError, at step: VerificationStep? = nil, _ detail: @autoclosure () -> String) {
        guard let report else { return }
        let parts = [error.detail ?? "", detail()].filter { !$0.isEmpty }
        report(
            VerificationDiagnostic(
                step: step ?? error.step, refusal: error, detail: parts.joined(separator: ", ")))
    }
}

extension UnverifiedToken {
    /// The values that a step checked. Nothing from the payload is shown before the signature was verified, so
    /// `trusted` is false until then.
    func detail(of step: VerificationStep, trusted: Bool, rules: AccessTokenRules, now: Timestamp) -> String {
        switch step {
        case .header: return "alg \(jws.header.algorithm.rawValue)"
        case .key: return jws.header.keyID.map { "kid \($0)" } ?? "no kid in the form of a thumbprint"
        default: break
        }
        guard trusted, let claims = try? unverifiedClaims() else { return "" }
        let clock = "the local clock says \(now.seconds), skew \(rules.skew.duration.components.seconds) s"
        return switch step {
        case .issuer: "iss is \(claims.issuer), expected \(rules.issuer.issuer)"
        case .audience:
            "aud is \(claims.audience.joined(separator: " ")), expected \(rules.audience?.audience ?? "any")"
        case .expiry: "exp is \(claims.expiresAt.seconds), \(clock)"
        case .issuedAt: "iat is \(claims.issuedAt.seconds), \(clock)"
        case .lifetime: "\(claims.expiresAt.seconds - claims.issuedAt.seconds) s"
        default: ""
        }
    }
}
