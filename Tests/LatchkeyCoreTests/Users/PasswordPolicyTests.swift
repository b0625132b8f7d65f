import LatchkeyCore
import Testing

struct PasswordPolicyTests {
    private func policy(minimum: Int = 15) -> PasswordPolicy {
        var settings = Settings(issuer: "https://auth.example.com")
        settings.password.minimumLength = minimum
        return PasswordPolicy(settings: settings)
    }

    private func check(_ text: String, minimum: Int = 15, name: String = "benedictina") throws {
        try policy(minimum: minimum).check(Password(text), userName: try UserName(name))
    }

    private let rejected = Refusal(.passwordRejected, "")

    @Test(arguments: [
        "", "fourteen chars",
        // 14 code points, however many bytes or UTF-16 units they are.
        String(repeating: "\u{1F511}", count: 14), "fünfzehn zeich",
        // 15 as typed, 14 once the letters are composed.
        "e\u{301}lan vital ets",
    ])
    func `fewer than 15 code points are too few`(text: String) {
        #expect(throws: rejected) { try check(text) }
    }

    @Test(arguments: [
        "fifteen chars !", String(repeating: "\u{1F511}\u{1F5DD}", count: 8), "incorrect pony generator clip",
        "               .", "with a \u{0} zero inside", String(repeating: "é~", count: 340),
    ])
    func `length is enough: no rules of composition`(text: String) throws {
        try check(text)
    }

    @Test func `1024 bytes pass and 1025 do not`() throws {
        let phrase = String(repeating: "k3-", count: 341)
        try check(phrase + "x")
        #expect(throws: rejected) { try check(phrase + "xy") }
    }

    @Test(arguments: ["password", "Password1", "PASSWORD1234", "p a s s w o r d", "11111111"])
    func `common passwords are rejected in any case and spacing`(text: String) {
        #expect(throws: rejected) { try check(text, minimum: 8) }
    }

    @Test(arguments: [
        ("benedictina", "benedictina"), ("benedictina", "Benedictina1990"), ("benedictina", "1990BENEDICTINA42"),
        ("benedictina", "bene dictina 7"), ("bob19991231", "bob199912311"), ("bob19991231", "7bob1999123177"),
        ("benedictina", "ｂｅｎｅｄｉｃｔｉｎａ"), ("anybody", "latchkey"), ("anybody", "LatchKey2026"), ("anybody", "00latchkey"),
        ("benedictina", "٣benedictina٤"), ("20202020", "2020202020"),
    ])
    func `the user's or the product's name among digits is rejected`(name: String, text: String) {
        #expect(throws: rejected) { try check(text, minimum: 8, name: name) }
    }

    @Test(arguments: [
        ("benedictina", "benedictina rides a bike"), ("benedictina", "benedictin42"), ("benedictina", "1benedictina1x"),
        ("anybody", "latchkey of the heart"), ("bob", "bobsleighs 12"),
    ])
    func `a longer phrase that contains the name passes`(name: String, text: String) throws {
        try check(text, minimum: 8, name: name)
    }

    @Test func `a rejection says what to do in ASCII and without the password`() throws {
        for text in ["zu kurz", "12345678", "benedictina", String(repeating: "k3-", count: 400)] {
            let refusal = try #require(#expect(throws: Refusal.self) { try check(text, minimum: 8) })
            #expect(refusal.detail.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C })
            #expect(!refusal.detail.contains(text))
        }
        #expect(try #require(#expect(throws: Refusal.self) { try check("kurz") }).detail.contains("15"))
    }
}
