import LatchkeyTokens
import Testing

@testable import LatchkeyCore

/// The table of ``BrowserSessionRules/judge(_:_:generation:now:)``.
struct BrowserSessionRulesTests {
    private static let begun = Timestamp(seconds: 1_795_420_800)
    private static let renewed = begun + .seconds(3600)
    private static let old = [Proof(.password, at: begun)]
    private static let new = [Proof(.password, at: renewed)]

    /// A session that began with generation 1 and was renewed twice, the last time at `renewed`.
    private struct Case {
        var isPersistent = false
        var ended: Timestamp?
        var userEndedAt: Timestamp?
        var allEndedAt: Timestamp?
        var isDisabled = false
        var previous: [Proof]? = old
        var expiresAt = renewed + .seconds(7 * 86400)

        func judge(_ generation: UInt32, after age: Duration = .seconds(60)) throws -> BrowserSession? {
            let id = SessionID.generate(at: begun)
            var user = User(
                id: .generate(at: begun), name: "ada", normalisedName: "ada", roles: [], disabled: isDisabled,
                mustChangePassword: false, createdAt: begun)
            user.sessionsEndedAt = userEndedAt
            let client = Client(
                id: .signInPages, kind: .public, settings: ClientSettings(), createdAt: begun)
            let session = Session(
                id: id, user: user.id, client: client.id, transport: .browser, scope: Scope(), nonce: [],
                createdAt: begun, expiresAt: expiresAt, authenticationMethods: ["pwd"], authenticatedAt: renewed,
                proofs: new, deviceName: nil, network: "192.0.2.1",
                lineage: Session.Lineage(
                    current: 3, held: 2, rotatedAt: renewed, rotatedFrom: "192.0.2.1", recoveries: 0,
                    recoveryWindowStart: begun),
                endedAt: ended)
            return BrowserSessionRules.judge(
                SessionRecord(session: session, user: user, client: client, allEndedAt: allEndedAt),
                BrowserSessionState(
                    session: id, isPersistent: isPersistent, renewedAt: renewed, previousProofs: previous),
                generation: generation, now: renewed + age)
        }
    }

    @Test func `the current generation stands for the proofs of the session`() throws {
        #expect(try Case().judge(3)?.standing == .live(Self.new))
        #expect(try Case().judge(3, after: .seconds(12 * 3600 - 1))?.proofs == Self.new)
    }

    @Test func `the generation before is good for thirty seconds, with the proofs of before`() throws {
        #expect(try Case().judge(2, after: .zero)?.standing == .live(Self.old))
        #expect(try Case().judge(2, after: .milliseconds(29_999))?.standing == .live(Self.old))
        #expect(try Case().judge(2, after: .seconds(30))?.standing == .named)
        var without = Case()
        without.previous = nil
        #expect(try without.judge(2, after: .zero)?.standing == .named)
    }

    @Test func `older and newer generations only name the session`() throws {
        for generation: UInt32 in [0, 1, 4, 5, 1000] {
            let browser = try Case().judge(generation, after: .zero)
            #expect(browser?.standing == .named)
            #expect(browser?.proofs == nil)
        }
    }

    @Test func `an ended, expired or unused session stands for nothing, and is not even named`() throws {
        for generation: UInt32 in 1...3 {
            var ended = Case()
            ended.ended = Self.renewed
            #expect(try ended.judge(generation) == nil)
            var watermark = Case()
            watermark.userEndedAt = Self.begun
            #expect(try watermark.judge(generation) == nil)
            watermark.userEndedAt = Self.begun + .milliseconds(-1)
            #expect(try watermark.judge(generation) != nil)
            var everybody = Case()
            everybody.allEndedAt = Self.renewed
            #expect(try everybody.judge(generation) == nil)
            var disabled = Case()
            disabled.isDisabled = true
            #expect(try disabled.judge(generation) == nil)
            var expired = Case()
            expired.expiresAt = Self.renewed + .seconds(60)
            #expect(try expired.judge(generation) == nil)
            #expect(try Case().judge(generation, after: .seconds(12 * 3600)) == nil)
        }
    }

    @Test func `a browser that stays signed in may rest for a month`() throws {
        var stays = Case()
        stays.isPersistent = true
        stays.expiresAt = Self.renewed + .seconds(90 * 86400)
        #expect(try stays.judge(3, after: .seconds(30 * 86400 - 1)) != nil)
        #expect(try stays.judge(3, after: .seconds(30 * 86400)) == nil)
    }

    @Test func `lifetimes follow whether the browser keeps the cookie`() {
        #expect(BrowserSessionRules.idleLifetime(isPersistent: false) == .seconds(12 * 3600))
        #expect(BrowserSessionRules.idleLifetime(isPersistent: true) == .seconds(30 * 86400))
        #expect(BrowserSessionRules.absoluteLifetime(isPersistent: false) == .seconds(7 * 86400))
        #expect(BrowserSessionRules.absoluteLifetime(isPersistent: true) == .seconds(90 * 86400))
    }
}
