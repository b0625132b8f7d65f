import Foundation
import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import NIOCore
import Testing

/// What strangers write into bodies and headers.
@Suite struct ParsingTests {
    private static func fields(_ name: HTTPField.Name, _ values: String...) -> HTTPFields {
        var fields = HTTPFields()
        for value in values { fields.append(HTTPField(name: name, value: value)) }
        return fields
    }

    private static let form = fields(.contentType, "application/x-www-form-urlencoded")
    private static let json = fields(.contentType, "application/json; charset=utf-8")

    private static func buffer(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

    // MARK: Forms

    @Test(arguments: [
        "scope=a&scope=b", "scope=a&scope=", "a=%", "a=%2", "a=%zz", "a=%00", "a=%ff", "%ff=a", "a=%c0%80",
        (0...64).map { "p\($0)=1" }.joined(separator: "&"),
    ])
    func `a form that is doubtful is refused`(body: String) {
        #expect(throws: Refusal(.invalidRequest, "")) {
            try FormParameters.parse(Self.buffer(body), fields: Self.form)
        }
    }

    @Test(arguments: ["application/json", "text/plain", "application/x-www-form-urlencoded; charset=latin1", "x"])
    func `a form of another content type is refused with 415`(type: String) {
        #expect(throws: Refusal(.unsupportedMediaType, "")) {
            try FormParameters.parse(Self.buffer("a=b"), fields: Self.fields(.contentType, type))
        }
        #expect(throws: Refusal(.unsupportedMediaType, "")) {
            try FormParameters.parse(
                Self.buffer("a=b"),
                fields: Self.fields(.contentType, "application/x-www-form-urlencoded", "application/json"))
        }
    }

    @Test func `a form is decoded, empty is absent, and only the named parameters repeat`() throws {
        let form = try FormParameters.parse(
            Self.buffer("a=1+2%2B%C3%A9&empty=&resource=x&resource=y&&n=42"), fields: Self.form,
            repeatable: ["resource"])
        #expect(form["a"] == "1 2+é")
        #expect(form["empty"] == nil)
        #expect(form.all("resource") == ["x", "y"])
        #expect(try form.integer("n") == 42)
        #expect(throws: Refusal(.invalidRequest, "")) { try form.required("missing") }
        #expect(try FormParameters.parse(ByteBuffer(), fields: HTTPFields())["a"] == nil)
    }

    @Test(arguments: ["-1", "+1", "1.0", "1e3", "9007199254740993", "99999999999999999999", "٣", " 1"])
    func `a query integer is decimal digits only`(text: String) throws {
        let encoded = text.utf8.map { String(format: "%%%02X", $0) }.joined()
        let query = try RequestParameters("after=\(encoded)".utf8)
        #expect(throws: Refusal(.invalidRequest, "")) { try query.integer("after") }
    }

    @Test func `names that are merely equivalent are different parameters`() throws {
        // U+212A is the letter K to Swift, and U+037E a semicolon.
        let form = try RequestParameters("%E2%84%AA=1&K=2&%CD%BE=3&;=4".utf8)
        #expect(form["K"] == "2")
        #expect(form["\u{212A}"] == "1")
        #expect(form[";"] == "4")
        #expect(throws: Refusal(.invalidRequest, "")) { try RequestParameters("K=1&%E2%84%AA=2&K=3".utf8) }
    }

    @Test(arguments: [
        ("application/json;\u{301}charset=latin1", true), ("application/json;charset=latin1", false),
        ("application/json\u{600};charset=utf-8", false), ("application/json; charset = latin1", false),
        ("application/json; charset=\"utf-8", false), ("application/a b+json", false),
        ("application/\u{301}json", false), ("APPLICATION/JSON;CHARSET=\"UTF-8\"", true),
        ("application/problem+json", true),
    ])
    func `a content type is two tokens, and its charset decides`(type: String, isJSON: Bool) {
        let body = try? JSONBody(Self.buffer("{}"), fields: Self.fields(.contentType, type))
        #expect((body != nil) == isJSON)
    }

    // MARK: JSON

    @Test(arguments: [
        "", "[]", "null", "{", "{\"a\":1,\"a\":2}", "{\"a\":\"\\u0000\"}", "{\"a\":\"\\ud800\"}", "{} x",
        String(repeating: "[", count: 200), "{\"a\":" + String(repeating: "[", count: 40) + "]",
    ])
    func `a JSON body that is no strict object is refused`(body: String) {
        #expect(throws: Refusal(.invalidRequest, "")) { try JSONBody(Self.buffer(body), fields: Self.json) }
    }

    @Test func `a JSON body that is not UTF-8 is refused`() {
        let body = ByteBuffer(bytes: Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8))
        #expect(throws: Refusal(.invalidRequest, "")) { try JSONBody(body, fields: Self.json) }
    }

    @Test(arguments: ["application/x-www-form-urlencoded", "text/json", "application/json; charset=utf-16", ""])
    func `a JSON body of another content type is refused with 415`(type: String) {
        #expect(throws: Refusal(.unsupportedMediaType, "")) {
            try JSONBody(Self.buffer("{}"), fields: Self.fields(.contentType, type))
        }
    }

    @Test func `members have strict types and the message names the member`() throws {
        let body = try JSONBody(
            Self.buffer("{\"s\":\"x\",\"n\":5,\"b\":true,\"l\":[\"a\"],\"nothing\":null,\"f\":1.0,\"e\":\"\"}"),
            fields: Self.json)
        #expect(try body.string("s") == "x")
        #expect(try body.integer("n") == 5)
        #expect(try body.bool("b") == true)
        #expect(try body.strings("l") == ["a"])
        #expect(try body.string("nothing") == nil)
        #expect(try body.string("absent") == nil)
        let refusal = #expect(throws: Refusal.self) { try body.string("n") }
        #expect(refusal?.detail == "The member n must be a string.")
        #expect(throws: Refusal(.invalidRequest, "")) { try body.integer("f") }
        #expect(throws: Refusal(.invalidRequest, "")) { try body.bool("s") }
        #expect(throws: Refusal(.invalidRequest, "")) { try body.strings("s") }
        #expect(throws: Refusal(.invalidRequest, "")) { try body.requiredString("e") }
        #expect(throws: Refusal(.invalidRequest, "")) { try body.requiredString("absent") }
        #expect(try JSONBody(ByteBuffer(), fields: HTTPFields(), mayBeEmpty: true).string("a") == nil)
    }

    // MARK: Authorization

    private static func basic(_ text: String) -> HTTPFields {
        fields(.authorization, "bAsIc " + Data(text.utf8).base64EncodedString())
    }

    @Test func `Basic parts are form-decoded`() throws {
        let credentials = try BasicCredentials(Self.basic("app:p%25%2B%3A+x"))
        #expect(credentials?.name == "app")
        #expect(credentials?.secret == "p%+: x")
        #expect("\(try #require(credentials))" == "<redacted>")
        #expect(try BasicCredentials(Self.basic("a:b:c"))?.secret == "b:c")
        #expect(try BasicCredentials(Self.fields(.authorization, "Bearer x")) == nil)
    }

    @Test(arguments: ["", "!!!!", "YQ", "YWJj", "OmE=", "YTolMDA=", "YTol", "YTr/"])
    func `malformed Basic credentials are refused`(value: String) {
        #expect(throws: Refusal(.invalidClient, "")) {
            try BasicCredentials(Self.fields(.authorization, "Basic " + value))
        }
    }

    @Test(arguments: ["Bearer", "Bearer ", "Bearer a b", "bearer a,b", "BEARER \"x\"", "Bearer é"])
    func `a malformed bearer token is refused`(value: String) {
        #expect(throws: Refusal(.invalidRequest, "")) { try BearerToken(Self.fields(.authorization, value)) }
    }

    @Test func `the scheme is compared without case and two headers are refused`() throws {
        #expect(try BearerToken(Self.fields(.authorization, "bEARER abc.def"))?.text == "abc.def")
        #expect(try BearerToken(Self.fields(.authorization, "DPoP abc")) == nil)
        #expect(try BearerToken(Self.fields(.authorization, "Bearer\u{301} abc")) == nil)
        #expect(throws: Refusal(.invalidRequest, "")) {
            try BearerToken(Self.fields(.authorization, "Bearer \u{301}abc"))
        }
        #expect(try BearerToken(HTTPFields()) == nil)
        #expect(throws: Refusal(.invalidRequest, "")) {
            try BearerToken(Self.fields(.authorization, "Bearer a", "Bearer a"))
        }
    }

    // MARK: Cookies, conditions, negotiation

    @Test(arguments: [
        ("lk=abc", Cookies.Lookup.value("abc")), ("other=1; lk=abc", .value("abc")), ("lk=a=b", .value("a=b")),
        ("", .absent), ("other=lk=abc", .absent), ("LK=abc", .absent), ("lk =abc", .absent), ("xlk=abc", .absent),
        // Marks that join the separator behind or before them to one grapheme, and a name that is merely equivalent.
        ("x=\u{600}; lk=abc", .value("abc")), ("x=\u{D4E}; lk=abc", .value("abc")),
        ("\u{600};lk=abc;\u{301}y=1", .value("abc")), ("x=1;\u{301}; lk=abc", .value("abc")),
        ("lk\u{301}=1; lk=abc", .value("abc")), ("lk=a\u{301}bc", .absent),
        ("lk=a\"b", .absent), ("lk=a b", .absent), ("lk=abc; lk=def", .ambiguous), ("lk=abc; lk=abc", .ambiguous),
    ])
    func `cookies are read by exact name and never guessed`(header: String, lookup: Cookies.Lookup) {
        #expect(Cookies(Self.fields(.cookie, header))["lk"] == lookup)
    }

    @Test func `cookies split over several headers count together`() {
        let cookies = Cookies(Self.fields(.cookie, "a=1", "lk=abc"))
        #expect(cookies["lk"] == .value("abc"))
        #expect(Cookies(Self.fields(.cookie, "lk=1", "lk=2"))["lk"] == .ambiguous)
    }

    @Test(arguments: [
        ("\"abc\"", true), ("W/\"abc\"", true), ("\"x\", W/\"abc\"", true), ("*", true), (" * ", true),
        ("\"x\u{600}\", \"abc\"", true), ("\"abc\u{301}\"", false), ("*\u{301}", false),
        ("\"x\"", false), ("abc", false), ("\"abc", false), ("\"ab\"", false), ("", false), ("\"abc\", oops", false),
    ])
    func `If-None-Match compares weakly`(header: String, matches: Bool) {
        let tag = EntityTag("abc", isWeak: true)
        #expect(tag.satisfies(ifNoneMatch: Self.fields(.ifNoneMatch, header)) == matches)
        #expect(tag.description == "W/\"abc\"")
    }

    @Test(arguments: [
        ("gzip", true), ("br, GZIP;q=0.5", true), ("*", true), ("gzip;q=0", false), ("*;q=0", false),
        ("br\u{600}, gzip", true), ("gzip;q=0\u{301}", false), ("gzip\u{301}", false), ("gzip;q=nan", false),
        ("gzip;q=0x1", false), ("gzip;q=.2", true), ("gzip;q=1.001", false), ("gzip;q=-0", false),
        ("gzip;q=0, *", false), ("gzip;q=0.0", false), ("gzip; q=x", false), ("identity", false), ("", false),
    ])
    func `gzip is negotiated with its weight`(header: String, allowed: Bool) {
        #expect(AcceptHeader.allowsGzip(Self.fields(.acceptEncoding, header)) == allowed)
        #expect(!AcceptHeader.allowsGzip(HTTPFields()))
    }

    @Test(arguments: [
        ("application/jwt", true), ("application/json, application/jwt", true),
        ("application/json, application/jwt;q=0.5", false), ("application/jwt;q=0", false), ("*/*", false),
        ("application/*", false), ("application/json", false),
    ])
    func `a signed document is sent to clients that ask for it by name`(header: String, preferred: Bool) {
        #expect(AcceptHeader.prefers("application/jwt", in: Self.fields(.accept, header)) == preferred)
        #expect(!AcceptHeader.prefers("application/jwt", in: HTTPFields()))
    }

    // MARK: The rest

    @Test(arguments: [0, 1, 1000, 100_000])
    func `gzip output is what gunzip reads, and the same each time`(size: Int) async throws {
        let text = (0..<size).map { "\($0 % 7)" }.joined()
        let packed = try #require(Gzip.compress(Array(text.utf8)))
        #expect(packed == Gzip.compress(Array(text.utf8)))
        let unpacked = try await runProgram(["gzip", "-dc"], input: Data(packed))
        #expect(unpacked.status == 0)
        #expect(unpacked.output == text)
    }

    @Test(arguments: [
        (Int64(0), "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_795_420_800, "Mon, 23 Nov 2026 08:00:00 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ])
    func `dates are written as RFC 9110 wants them`(second: Int64, text: String) {
        #expect(HTTPDate.format(second) == text)
    }
}
