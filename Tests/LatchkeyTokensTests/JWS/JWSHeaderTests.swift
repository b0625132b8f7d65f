import LatchkeyTokens
import Testing

struct JWSHeaderTests {
    @Test(
        arguments: [
            ("", .badHeader), ("[]", .badHeader), ("{", .badHeader), (#"{"alg":"ES256","alg":"ES256"}"#, .badHeader),
            (#"{"alg":"ES256"} {}"#, .badHeader), (#"{"alg":"ES256","typ":1}"#, .badHeader),
            (#"{"alg":"ES256","kid":["x"]}"#, .badHeader), (#"{"alg":"ES256","x":[[[[1]]]]}"#, .badHeader),
            ("{}", .unknownAlgorithm), (#"{"alg":null}"#, .unknownAlgorithm),
            (#"{"alg":["ES256"]}"#, .unknownAlgorithm),
            (#"{"alg":"none"}"#, .unknownAlgorithm), (#"{"alg":"nOnE"}"#, .unknownAlgorithm),
            (#"{"alg":"HS256"}"#, .unknownAlgorithm), (#"{"alg":"ES256K"}"#, .unknownAlgorithm),
            (#"{"alg":"eddsa"}"#, .unknownAlgorithm), (#"{"alg":"Ed448"}"#, .unknownAlgorithm),
            (#"{"alg":"ES256","crit":["exp"]}"#, .criticalHeader), (#"{"alg":"ES256","crit":null}"#, .criticalHeader),
            (#"{"alg":"ES256","b64":true}"#, .criticalHeader),
        ] as [(String, MalformedToken.Reason)])
    func `a header that is not understood is refused`(text: String, reason: MalformedToken.Reason) {
        let error = #expect(throws: MalformedToken.self) { try JWSHeader(parsing: Array(text.utf8)) }
        #expect(error?.reason == reason)
    }

    @Test func `names that are too long are refused`() {
        let long = String(repeating: "x", count: 257)
        #expect(throws: MalformedToken.self) {
            try JWSHeader(parsing: Array(#"{"alg":"ES256","kid":"\#(long)"}"#.utf8))
        }
        #expect(throws: MalformedToken.self) {
            try JWSHeader(parsing: Array(#"{"alg":"ES256","typ":"\#(long)"}"#.utf8))
        }
    }

    @Test(arguments: [
        ("at+jwt", true), ("AT+JWT", true), ("application/at+jwt", true), ("Application/AT+jwt", true), ("jwt", false),
        ("at+jwt; v=1", false), ("text/at+jwt", false), ("application/application/at+jwt", false), ("", false),
        ("at\u{FF0B}jwt", false),
    ])
    func `only the media type itself names a kind of token`(type: String, matches: Bool) throws {
        let header = try JWSHeader(parsing: Vectors.bytes(["alg": "ES256", "typ": type]))
        #expect(header.hasType(JWSHeader.accessTokenType) == matches)
    }

    @Test(arguments: JWSAlgorithm.allCases) func `what is written is read back`(algorithm: JWSAlgorithm) throws {
        let keyID = try #require(KeyID("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"))
        let header = JWSHeader(algorithm: algorithm, type: JWSHeader.accessTokenType, keyID: keyID)
        let bytes = try #require(Base64URL.decode(header.segment()))
        #expect(try JWSHeader(parsing: bytes) == header)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"alg":"\#(algorithm.rawValue)","typ":"at+jwt","kid":"\#(keyID.description)"}"#)
    }
}
