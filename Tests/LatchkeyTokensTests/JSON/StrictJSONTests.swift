import LatchkeyTokens
import Testing

struct StrictJSONTests {
    @Test(
        arguments: [
            ("", .truncated), (" ", .truncated), ("{", .truncated), ("[1", .truncated), ("[1,", .truncated),
            ("\"a", .truncated),
            ("\"\\", .truncated), ("\"\\u12", .truncated), ("tru", .truncated), ("-", .truncated), ("1.", .truncated),
            ("1e", .truncated), ("{\"a\"", .truncated), ("{\"a\":", .truncated), ("{\"a\":1", .truncated),
            ("\"\\ud800", .truncated),
            ("truE", .unexpectedCharacter), ("nul1", .unexpectedCharacter), ("[1,]", .unexpectedCharacter),
            ("[,1]", .unexpectedCharacter), ("{\"a\":1,}", .unexpectedCharacter), ("{a:1}", .unexpectedCharacter),
            ("{'a':1}", .unexpectedCharacter), ("[1 2]", .unexpectedCharacter), ("{\"a\" 1}", .unexpectedCharacter),
            ("/**/1", .unexpectedCharacter), ("NaN", .unexpectedCharacter), ("Infinity", .unexpectedCharacter),
            ("+1", .unexpectedCharacter), (".5", .unexpectedCharacter), ("\u{FEFF}1", .unexpectedCharacter),
            ("\u{A0}1", .unexpectedCharacter), ("\"a\nb\"", .unexpectedCharacter),
            ("\"a\u{0}b\"", .unexpectedCharacter),
            ("\u{0}", .unexpectedCharacter), ("{1:2}", .unexpectedCharacter), ("[1}", .unexpectedCharacter),
            ("1 2", .trailingBytes), ("{}{}", .trailingBytes), ("1\u{0}", .trailingBytes), ("[]]", .trailingBytes),
            ("0x1", .trailingBytes), ("1_000", .trailingBytes),
            ("01", .badNumber), ("-01", .badNumber), ("1.x", .badNumber), ("1e+", .truncated), ("-x", .badNumber),
            ("1e999", .badNumber), ("-1e999", .badNumber), ("1.e1", .badNumber),
            ("\"\\x\"", .badEscape), ("\"\\u12g4\"", .badEscape), ("\"\\u0000\"", .badEscape),
            ("\"\\ud800\"", .badEscape),
            ("\"\\udc00\"", .badEscape), ("\"\\ud800\\u0041\"", .badEscape), ("\"\\ud800x\\udc00\"", .badEscape),
            ("\"\\U0041\"", .badEscape),
            ("{\"a\":1,\"a\":1}", .duplicateName), ("{\"a\":1,\"\\u0061\":2}", .duplicateName),
            ("[{\"b\":{\"\":1,\"\":2}}]", .duplicateName),
        ] as [(String, MalformedJSON.Reason)])
    func `a text outside the strict grammar is refused`(text: String, reason: MalformedJSON.Reason) {
        #expect(throws: MalformedJSON.self) { try StrictJSON.parse(Array(text.utf8)) }
        #expect((try? StrictJSON.parse(Array(text.utf8))) == nil)
        do {
            _ = try StrictJSON.parse(Array(text.utf8))
        } catch {
            #expect(error.reason == reason)
            #expect(error.offset <= text.utf8.count)
        }
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xC3], [0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused, behind an escape too`(bytes: [UInt8]) {
        for prefix in ["\"", "\"\\n"] {
            let text = Array(prefix.utf8) + bytes + [UInt8(ascii: "\"")]
            let error = #expect(throws: MalformedJSON.self) { try StrictJSON.parse(text) }
            #expect(error?.reason == .notUTF8)
        }
    }

    @Test func `UTF-16 is refused`() {
        let text = Array("{\"a\":1}".utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(throws: MalformedJSON.self) { try StrictJSON.parse(text) }
    }

    @Test func `depth is capped for arrays and objects alike`() throws {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inner = open == "[" ? "" : "1"
            func nested(_ depth: Int) -> [UInt8] {
                Array((String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)).utf8)
            }
            _ = try StrictJSON.parse(nested(16))
            let error = #expect(throws: MalformedJSON.self) { try StrictJSON.parse(nested(17)) }
            #expect(error?.reason == .tooDeep)
        }
        let brackets = [UInt8](repeating: UInt8(ascii: "["), count: 60000)
        let error = #expect(throws: MalformedJSON.self) { try StrictJSON.parse(brackets) }
        #expect(error?.reason == .tooDeep)
        _ = try StrictJSON.parse(Array("[[],[],[[]],{}]".utf8), maximumDepth: 3)
    }

    @Test func `length is capped before anything is read`() throws {
        _ = try StrictJSON.parse(Array("[1]".utf8), maximumLength: 3)
        let error = #expect(throws: MalformedJSON.self) { try StrictJSON.parse(Array("[1] ".utf8), maximumLength: 3) }
        #expect(error?.reason == .tooLong)
    }

    @Test func `a duplicate among many names is found`() {
        let members = (0..<100).map { "\"n\($0)\":0" }
        for repeated in [0, 5, 16, 17, 50, 99] {
            let text = "{" + (members + ["\"n\(repeated)\":1"]).joined(separator: ",") + "}"
            let error = #expect(throws: MalformedJSON.self) { try StrictJSON.parse(Array(text.utf8)) }
            #expect(error?.reason == .duplicateName)
        }
    }

    @Test(
        arguments: [
            ("0", .integer(0)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            ("-9223372036854775809", .number(-9_223_372_036_854_775_808)), ("1.0", .number(1)), ("1e0", .number(1)),
            ("1E+2", .number(100)), ("-1.5e-1", .number(-0.15)), ("true", .bool(true)), ("false", .bool(false)),
            ("null", .null), ("\"\"", .string("")), (" \t\r\n[ ] ", .array([])),
            ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00é\"", .string("\"\\/\u{8}\u{C}\n\r\té\u{1F600}é")),
        ] as [(String, JSONValue)])
    func `a value is read exactly`(text: String, value: JSONValue) throws {
        #expect(try StrictJSON.parse(Array(text.utf8)) == value)
    }

    @Test func `members are found by their exact bytes`() throws {
        let object = try StrictJSON.parseObject(Array("{\"K\":1,\"é\":2,\"e\u{301}\":3,\"n\":null}".utf8))
        #expect(object["K"]?.integer == 1)
        #expect(object["\u{212A}"] == nil)
        #expect(object["é"]?.integer == 2)
        #expect(object["e\u{301}"]?.integer == 3)
        #expect(object["n"]?.isNull == true)
        #expect(object["k"] == nil)
        #expect(object.members.map(\.name).count == 4)
    }

    @Test func `accessors do not convert`() throws {
        let object = try StrictJSON.parseObject(Array("{\"a\":\"1\",\"b\":1.0,\"c\":[\"x\",1],\"d\":[\"x\"]}".utf8))
        #expect(object["a"]?.integer == nil)
        #expect(object["b"]?.integer == nil)
        #expect(object["b"]?.string == nil)
        #expect(object["c"]?.strings == nil)
        #expect(object["d"]?.strings == ["x"])
        #expect(object["a"]?.bool == nil)
        #expect(object["a"]?.object == nil)
    }

    @Test func `a text that is no object is refused where one is asked for`() {
        #expect(throws: MalformedJSON.self) { try StrictJSON.parseObject(Array("[]".utf8)) }
    }
}
