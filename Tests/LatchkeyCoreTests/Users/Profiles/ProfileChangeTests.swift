import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct ProfileChangeTests {
    private let now = Timestamp(seconds: 100)

    private func profile(_ email: String?, verified: Int64? = nil) throws -> Profile {
        var profile = Profile(updatedAt: Timestamp(seconds: 1))
        profile.email = try email.map { try EmailAddress($0) }
        profile.emailVerifiedAt = verified.map { Timestamp(seconds: $0) }
        return profile
    }

    @Test func `a changed address is not verified unless the change says so`() throws {
        let old = try profile("ada@example.com", verified: 7)
        let other = FieldChange.set(try EmailAddress("eve@example.com"))
        let respelt = FieldChange.set(try EmailAddress("Ada@example.com"))
        let same = FieldChange.set(try EmailAddress("ada@example.com"))
        #expect(try ProfileChange(email: other).applied(to: old, at: now).emailVerifiedAt == nil)
        #expect(try ProfileChange(email: respelt).applied(to: old, at: now).emailVerifiedAt == nil)
        #expect(try ProfileChange(email: same).applied(to: old, at: now) == old)
        #expect(try ProfileChange(email: other, emailVerified: true).applied(to: old, at: now).emailVerifiedAt == now)
        #expect(try ProfileChange(emailVerified: true).applied(to: old, at: now).emailVerifiedAt?.seconds == 7)
        #expect(try ProfileChange(emailVerified: false).applied(to: old, at: now).emailVerifiedAt == nil)
        let cleared = try ProfileChange(email: .clear).applied(to: old, at: now)
        #expect(cleared.email == nil && cleared.emailVerifiedAt == nil)
    }

    @Test func `no address cannot be verified`() throws {
        for (change, old) in [
            (ProfileChange(emailVerified: true), try profile(nil)),
            (ProfileChange(email: .clear, emailVerified: true), try profile("ada@example.com", verified: 7)),
        ] {
            #expect(throws: Refusal(.invalidRequest, "")) { try change.applied(to: old, at: now) }
        }
        #expect(try ProfileChange(emailVerified: false).applied(to: profile(nil), at: now) == profile(nil))
    }

    @Test func `the changed fields are named and no others`() throws {
        var old = try profile("ada@example.com", verified: 7)
        old.locale = "en"
        var draft = ProfileDraft()
        draft.email = .set("eve@example.com")
        draft.displayName = .set("Ada")
        draft.locale = .set("en")
        draft.zoneinfo = .clear
        let new = try draft.validated().applied(to: old, at: now)
        #expect(new.changes(from: old) == ["email", "email_verified", "display_name"])
        #expect(old.changes(from: old) == [])
        #expect(ProfileChange().isEmpty)
        #expect(try !draft.validated().isEmpty)
    }

    @Test func `one bad field refuses the whole change`() {
        for spoil: (inout ProfileDraft) -> Void in [
            { $0.email = .set("ada") }, { $0.displayName = .set("") }, { $0.locale = .set("_") },
            { $0.zoneinfo = .set("..") },
            { $0.claims = .set(JSONObject(members: [JSONObject.Member(name: "sub", value: .string("x"))])) },
        ] {
            var draft = ProfileDraft()
            draft.email = .set("ada@example.com")
            spoil(&draft)
            #expect(throws: Refusal(.invalidRequest, "")) { try draft.validated() }
        }
    }
}
