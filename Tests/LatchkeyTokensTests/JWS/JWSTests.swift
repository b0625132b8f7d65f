import LatchkeyTokens
import Testing

struct JWSTests {
    private let header = Base64URL.string(Array(#"{"alg":"ES256"}"#.utf8))

    private func parse(_ text: String, maximumLength: Int = 8192) throws -> JWS {
        try JWS(parsing: Array(text.utf8), maximumLength: maximumLength)
    }

    @Test func `anything but two dots and base64url is refused`() {
        for text in [
            "", ".", "..", "...", "a.b", header, header + ".e30", header + ".e30.AA.AA", "." + header + ".AA",
            ".e30.AA",
            header + ".e30.AA ", " " + header + ".e30.AA", header + ".e30=.AA", header + ".e3\n0.AA", header + "..A",
            header + "\u{FF0E}e30.AA", "{\"payload\":\"e30\"}",
        ] {
            #expect(throws: MalformedToken.self) { try parse(text) }
        }
    }

    @Test func `the cap counts before anything is decoded`() throws {
        let text = header + ".e30." + String(repeating: "A", count: 100)
        _ = try parse(text, maximumLength: text.utf8.count)
        let error = #expect(throws: MalformedToken.self) { try parse(text, maximumLength: text.utf8.count - 1) }
        #expect(error?.reason == .tooLong)
        let wide = String(repeating: "A", count: 5000) + ".e30.AA"
        #expect(throws: MalformedToken.self) { try parse(wide) }
    }

    @Test func `the signing input is the text as received`() throws {
        let jws = try parse(header + ".e30.AQI")
        #expect(jws.signingInput == Array((header + ".e30").utf8))
        #expect(jws.payload == Array("{}".utf8))
        #expect(jws.signature == [1, 2])
        #expect(jws.header.algorithm == .es256)
        #expect(jws.header.type == nil)
    }

    @Test func `an empty payload and an empty signature have the compact form`() throws {
        #expect(try parse(header + "..").payload.isEmpty)
    }

    @Test func `signing puts the parts together and passes on what the signer throws`() throws {
        struct Broken: Error {}
        let text = JWS.sign(headerSegment: Array(header.utf8), payload: [1, 2, 3]) { input in
            #expect(String(decoding: input, as: UTF8.self) == "\(header).AQID")
            return [0xFF]
        }
        #expect(String(decoding: text, as: UTF8.self) == header + ".AQID._w")
        #expect(throws: Broken.self) {
            try JWS.sign(headerSegment: [], payload: []) { _ throws(Broken) -> [UInt8] in throw Broken() }
        }
    }
}
