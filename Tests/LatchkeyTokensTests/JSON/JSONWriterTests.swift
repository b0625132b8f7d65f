import Foundation
import LatchkeyTokens
import Testing

struct JSONWriterTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `objects and arrays nest with commas where they belong`() {
        let json = JSONWriter.object { json in
            json.member("a", 1)
            json.member("b", ["x", "y"])
            json.member("c", object: { $0.member("d", true) })
            json.member(
                "e",
                array: { json in
                    json.object { _ in }
                    json.object { $0.member("f", "g") }
                    json.null()
                    json.bool(false)
                })
            json.member("h", [String]())
            json.member("i", encoded: Array("[1]".utf8))
            json.member("j", JSONValue.number(1.5))
        }
        #expect(
            text(json)
                == #"{"a":1,"b":["x","y"],"c":{"d":true},"e":[{},{"f":"g"},null,false],"h":[],"i":[1],"j":1.5}"#)
    }

    @Test(arguments: [Int64.min, -1, 0, 7, 10, 1_795_420_800, Int64.max]) func `integers are exact`(value: Int64) {
        var json = JSONWriter()
        json.integer(value)
        #expect(text(json.bytes) == String(value))
    }

    @Test func `every control character, quotes and backslashes are escaped so that Foundation reads them back`() throws
    {
        let hostile =
            String(String.UnicodeScalarView((1...0x2030).compactMap { Unicode.Scalar($0) })) + "\u{1F600}\"\\</script>"
        let json = JSONWriter.object { $0.member(hostile, hostile) }
        let read = try JSONDecoder().decode([String: String].self, from: Data(json))
        #expect(read.keys.first.map { Array($0.utf8) } == Array(hostile.utf8))
        #expect(read.values.first.map { Array($0.utf8) } == Array(hostile.utf8))
    }

    @Test func `what the parser read is written back the same`() throws {
        let source = #"{"a":[1,-2,"é\u000a",null,true,{"b":{}}],"c":0.5,"d":""}"#
        var json = JSONWriter()
        json.value(try StrictJSON.parse(Array(source.utf8)))
        #expect(text(json.bytes) == source)
    }
}
