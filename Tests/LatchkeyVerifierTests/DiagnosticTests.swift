import LatchkeyTokens
import LatchkeyVerifier
import TestSupport
import Testing

/// What somebody who debugs a refusal is told, and what never.
struct DiagnosticTests {
    private let clock = TestClock()
    private let issuer: TestIssuer
    private let verifier: TokenVerifier
    private let revoked = SessionID.generate(at: TestClock().now)

    init() throws {
        let clock = clock
        issuer = try TestIssuer()
        var configuration = TokenVerifier.Configuration(issuer: TestIssuer.name, audience: TestIssuer.audience)
        configuration.now = { clock.now }
        verifier = TokenVerifier(configuration)
        var list = RevocationListState(issuer: TestIssuer.name)
        try list.apply(
            document(
                now: clock.now, sequence: 1, [entry(1, session: revoked, expiresAt: clock.now + .seconds(900))]),
            receivedAt: clock.now)
        verifier.install(try JSONWebKeySet([issuer.webKey]), list)
    }

    private func steps(_ token: String) -> [VerificationDiagnostic] {
        var told: [VerificationDiagnostic] = []
        _ = try? verifier.verifyNow(token) { told.append($0) }
        return told
    }

    @Test func `a good token passes each step in order`() throws {
        let told = steps(try issuer.token(at: clock.now))
        #expect(told.map(\.step) == VerificationStep.allCases.dropLast())
        #expect(told.allSatisfy { $0.refusal == nil })
    }

    @Test func `the last step told is the one that failed`() throws {
        let now = clock.now
        let good = try issuer.token(at: now)
        let forged = good.dropLast(4) + (good.hasSuffix("AAAA") ? "BBBA" : "AAAA")
        let cases: [(String, VerificationStep, VerificationError)] = [
            ("no token", .form, .malformed),
            (try TestIssuer().token(at: now), .key, .unknownKey),
            (String(forged), .signature, .badSignature),
            (try issuer.token(at: now, issuer: "https://auth.example.com/"), .issuer, .wrongIssuer),
            (try issuer.token(at: now - .seconds(361)), .expiry, .expired),
            (try issuer.token(at: now + .seconds(61)), .issuedAt, .issuedInFuture),
            (try issuer.token(at: now, session: revoked), .revocation, .revoked),
        ]
        for (token, step, refusal) in cases {
            let told = steps(token)
            #expect(told.last?.step == step)
            #expect(told.last?.refusal == refusal)
            #expect(told.dropLast().allSatisfy { $0.refusal == nil })
            #expect(told.map(\.step) == Array(VerificationStep.allCases.prefix { $0 != step }) + [step])
        }
        clock.advance(by: .seconds(61))
        #expect(steps(good).last?.description == "freshness: list_stale, the list is stale")
    }

    @Test func `the text says what was compared`() throws {
        let told = steps(try issuer.token(at: clock.now, issuer: "https://auth.example.com/"))
        #expect(
            told.last?.description
                == "issuer: wrong_issuer, iss is https://auth.example.com/, expected https://auth.example.com")
        let late = steps(try issuer.token(at: clock.now - .seconds(361)))
        #expect(late.last?.detail.contains("the local clock says \(clock.now.seconds)") == true)
    }

    @Test func `neither the token nor anything unproven from it is told`() throws {
        let good = try issuer.token(at: clock.now)
        let (header, rest) = (good.prefix { $0 != "." }, good.drop { $0 != "." }.dropFirst())
        let forged = "\(header).\(rest.prefix { $0 != "." }).AAAA"
        for token in [good, forged, "not.a.token", try issuer.token(at: clock.now, session: revoked)] {
            let text = steps(token).map(\.description).joined(separator: "\n")
            for part in token.split(separator: ".") where part.count > 8 { #expect(!text.contains(part)) }
        }
        #expect(!steps(forged).map(\.description).joined().contains(TestIssuer.name))
    }
}
