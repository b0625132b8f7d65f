import LatchkeyBytes
import LatchkeyTokens
import Testing

@testable import LatchkeyHTTP

struct AuthorizationParametersTests {
    private typealias Field = AuthorizationParameters.Field

    private func read(_ text: String) throws(AuthorizationFailure) -> AuthorizationParameters {
        try AuthorizationParameters(text.utf8)
    }

    @Test(arguments: [
        "state=%", "state=%4", "state=%zz", "state=%ff", "state=%c3", "state=%00", "%zz=1", "client_id=a&client_id=a",
        "client_id=a&client%5fid=b", "x=1&x=1", "state=a&state=", "redirect_uri=a&redirect_uri=b", "state=\u{0}",
    ])
    func `a query that can be read in two ways, or in none, is for a page`(query: String) {
        #expect(throws: AuthorizationFailure.page(.malformed)) { try read(query) }
    }

    @Test func `three hundred parameters are for a page, and so are 65`() throws {
        func many(_ count: Int) -> String { (0..<count).map { "x\($0)=1" }.joined(separator: "&") }
        #expect(throws: AuthorizationFailure.page(.malformed)) { try read(many(300)) }
        #expect(throws: AuthorizationFailure.page(.tooLarge)) { try read(many(65)) }
        #expect(try read(many(64)).fields.count == 64)
        // The fields of our own form do not count against those of the request that it carries.
        let ours = AuthorizationParameters.formFields.map { "\($0)=1" }.joined(separator: "&")
        #expect(try read(many(64) + "&" + ours).fields.count == 64)
    }

    @Test func `4 KiB are enough and one byte more is for a page, whatever is escaped`() throws {
        func query(_ count: Int, _ byte: String) -> String {
            "xx=" + String(repeating: byte, count: count - 2)
        }
        for byte in ["a", "%41", "%2B", "+"] {
            #expect(try read(query(4096, byte)).fields.count == 1)
            #expect(throws: AuthorizationFailure.page(.tooLarge)) { try read(query(4097, byte)) }
        }
        #expect(throws: AuthorizationFailure.page(.tooLarge)) { try read(query(100_000, "a")) }
        // Names count too, those without a value only until they are dropped.
        #expect(throws: AuthorizationFailure.page(.tooLarge)) {
            try read(String(repeating: "n", count: 4096) + "=v")
        }
        #expect(try read(String(repeating: "n", count: 5000) + "=").fields.isEmpty)
    }

    @Test func `a state of 2,048 bytes is kept byte for byte, and a longer one is for a page`() throws {
        let state = String(repeating: ":/+=%&? \u{E9}e\u{301}", count: 1000)
        let whole = String(decoding: state.utf8.prefix(2046), as: UTF8.self)
        for state in [String(repeating: ":/+=%&? ", count: 256), whole] {
            let read = try read("state=" + PercentEncoding.encode(state))
            #expect(read["state"].map { Array($0.utf8) } == Array(state.utf8))
            let again = try self.read(read.query)
            #expect(again["state"].map { Array($0.utf8) } == Array(state.utf8))
        }
        #expect(throws: AuthorizationFailure.page(.tooLarge)) {
            try read("state=" + String(repeating: "s", count: 2049))
        }
    }

    @Test func `what a page carries on is what came, in one order, without what has no value`() throws {
        let sent = try read("scope=a+b&client_id=app&&empty=&unknown=%3Cb%3E&resource=y&resource=x&=nameless&flag")
        #expect(
            sent.fields == [
                Field("", "nameless"), Field("client_id", "app"), Field("resource", "y"), Field("resource", "x"),
                Field("scope", "a b"), Field("unknown", "<b>"),
            ])
        #expect(sent.all("resource") == ["y", "x"])
        #expect(sent["empty"] == nil && sent["flag"] == nil && sent["Scope"] == nil)
        #expect(try read(sent.query) == sent)
        #expect(try read("").fields.isEmpty)
    }

    @Test func `fields of our own forms are not part of the request, in a query as little as in a form`() throws {
        let ours = "username=ada&password=secret&new_password=x&decision=allow&stay=1&seal=y"
        let sent = try read("client_id=app&" + ours + "&state=s")
        #expect(sent.fields == [Field("client_id", "app"), Field("state", "s")])
        #expect(try sent == read("state=s&client_id=app"))
        for name in AuthorizationParameters.formFields { #expect(sent[name] == nil) }
        // Only exactly these.
        #expect(try read("Password=x&password_=y").fields.count == 2)
    }

    @Test func `the digest follows what was asked, not how it was written`() throws {
        let digest = try read("a=1&b=%41+").digest
        #expect(digest.count == 32)
        #expect(try read("b=A%20&a=%31&c=&decision=allow").digest == digest)
        for other in [
            "a=1&b=A", "a=1", "a=1&b=A+&c=1", "a=1b&=A+", "a=1&bA=+", "a1=&b=A+", "A=1&b=A+", "a=1&b=a+", "",
            "resource=x&resource=y",
        ] {
            #expect(try read(other).digest != digest, "\(other)")
        }
        #expect(try read("resource=x&resource=y").digest != read("resource=y&resource=x").digest)
        #expect(try read("a=e\u{301}").digest != read("a=\u{E9}").digest)
    }
}
