import LatchkeyTokens
import TestSupport
import Testing

@testable import LatchkeyVerifier

/// The table of policies and states (Documentation.docc/Freshness.md).
struct FreshnessPolicyTests {
    typealias Row = (
        FreshnessPolicy, fresh: FreshnessPolicy.Decision, FreshnessPolicy.Decision, FreshnessPolicy.Decision
    )

    @Test func `the table is as documented`() {
        let table: [Row] = [
            (.failClosed, .accept, .refuse(.listStale), .refuse(.listBlind)),
            (.allowWhenStale, .accept, .accept, .refuse(.listBlind)),
            (.allowEvenWhenBlind, .accept, .accept, .accept),
            (.introspectWhenNotFresh, .accept, .introspect, .introspect),
            (.introspectAlways, .introspect, .introspect, .introspect),
        ]
        for (policy, fresh, stale, blind) in table {
            #expect(policy.decision(.fresh) == fresh)
            #expect(policy.decision(.stale) == stale)
            #expect(policy.decision(.blind) == blind)
        }
        #expect(TokenVerifier.Configuration(issuer: "i", audience: "a").policy == .failClosed)
    }

    @Test(arguments: [
        (Duration.seconds(-90), true), (.seconds(90), true), (.seconds(-119), true), (.seconds(119), true),
        (.seconds(-122), false),
    ])
    func `a clock that is off by no more than two minutes keeps the list usable`(off: Duration, usable: Bool) throws {
        let clock = TestClock()
        let verifier = try verifier(clock, listFrom: clock.now - off)
        #expect(verifier.status.freshness == (usable ? .fresh : .blind))
        clock.advance(by: .seconds(59))
        #expect(verifier.status.freshness == (usable ? .fresh : .blind), "the difference does not count as age")
        clock.advance(by: .seconds(1))
        #expect(verifier.status.freshness == (usable ? .stale : .blind))
    }

    @Test(
        arguments: [
            (Duration.seconds(-90), VerificationError.issuedInFuture), (.seconds(90), nil), (.seconds(-59), nil),
        ] as [(Duration, VerificationError?)])
    func `a token from a clock that is off is judged within the configured skew`(
        off: Duration, refusal: VerificationError?
    ) throws {
        let clock = TestClock()
        let issuer = try TestIssuer()
        let verifier = try verifier(clock, listFrom: clock.now - off, issuer)
        let token = try issuer.token(at: clock.now - off)
        if let refusal {
            #expect(throws: refusal) { try verifier.verifyNow(token) }
            let tolerant = try self.verifier(clock, listFrom: clock.now - off, issuer, skew: .seconds(120))
            #expect(throws: Never.self) { try tolerant.verifyNow(token) }
        } else {
            #expect(throws: Never.self) { try verifier.verifyNow(token) }
        }
    }

    @Test func `a revocation within the list is found whatever the clocks say`() throws {
        for off in [Duration.seconds(-90), .zero, .seconds(90)] {
            let clock = TestClock()
            let issuer = try TestIssuer()
            let session = SessionID.generate(at: clock.now)
            let server = clock.now - off
            let verifier = try verifier(
                clock, listFrom: server, issuer, skew: .seconds(120),
                [entry(1, session: session, expiresAt: server + .seconds(420))])
            let token = try issuer.token(at: server, session: session)
            #expect(throws: VerificationError.revoked) { try verifier.verifyNow(token) }
        }
    }

    @Test func `the own clock set back makes the list stale, not younger`() throws {
        let clock = TestClock()
        let verifier = try verifier(clock, listFrom: clock.now)
        clock.advance(by: .seconds(-200))
        #expect(verifier.status.freshness == .stale)
    }

    /// A verifier that took one list document at the clock's present reading, if it did.
    private func verifier(
        _ clock: TestClock, listFrom server: Timestamp, _ issuer: TestIssuer? = nil, skew: Duration = .seconds(60),
        _ entries: [RevocationEntry] = []
    ) throws -> TokenVerifier {
        var configuration = TokenVerifier.Configuration(issuer: TestIssuer.name, audience: TestIssuer.audience)
        configuration.now = { clock.now }
        configuration.skew = skew
        let verifier = TokenVerifier(configuration)
        let issuer = try issuer ?? TestIssuer()
        var list = RevocationListState(issuer: TestIssuer.name)
        // One from too far off is refused, and the verifier stays blind.
        _ = try? list.apply(
            document(now: server, sequence: Int64(entries.count), entries), receivedAt: clock.now)
        verifier.install(try JSONWebKeySet([issuer.webKey]), list)
        return verifier
    }
}
