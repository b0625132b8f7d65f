import LatchkeyCore
import Testing

struct ClientSecretTests {
    @Test func `a secret never shows, neither printed nor dumped nor in a string`() {
        let secret = ClientSecret("0123456789abcdefghijkl")
        var dumped = ""
        dump([secret], to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\([secret])", dumped] {
            #expect(!text.contains("0123456789"))
        }
    }

    @Test func `made secrets have 43 characters of base64url and never repeat`() {
        let secrets = (0..<1000).map { _ in ClientSecret.generate().text }
        #expect(Set(secrets).count == 1000)
        #expect(Set(secrets.map { $0.prefix(4) }).count > 990)
        for secret in secrets {
            #expect(secret.utf8.count == 43)
            #expect(secret.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
        }
    }

    @Test(arguments: [
        "", "fifteen chars !", String(repeating: "a", count: 64), "sixteen chars \u{E4}!", "a secret with\nline end",
        String(repeating: "x7%k", count: 65),
    ])
    func `a short, odd or monotonous secret cannot be imported`(text: String) {
        #expect(!ClientSecret(text).isImportable)
    }

    @Test func `secrets with any visible character are kept as they are`() {
        let text = "a%2B+:b&=\"c\\ d~16"
        #expect(ClientSecret(text).isImportable)
        #expect(ClientSecret(text).text == text)
        #expect(ClientSecret(text) == ClientSecret(text))
        #expect(ClientSecret(text) != ClientSecret(text + " "))
        #expect(ClientSecret("") != ClientSecret("\u{0}"))
    }
}
