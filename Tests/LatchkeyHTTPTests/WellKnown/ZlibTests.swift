import Foundation
import LatchkeyBytes
import LatchkeyHTTP
import Testing

/// The golden values of the Token Status List draft against the compression that the server uses.
struct ZlibTests {
    private struct File: Decodable {
        struct Case: Decodable {
            let bytes: String?
            let compressed: String?
        }
        let cases: [Case]
    }

    private func bytes(_ text: String) throws -> [UInt8] {
        try #require(Hexadecimal.decode(text.utf8))
    }

    @Test func `status lists are compressed to the byte as the draft shows`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Vectors/status/encoding.json"))
        let golden = try JSONDecoder().decode(File.self, from: data).cases.filter { $0.bytes != nil }
        #expect(golden.count == 2)
        for vector in golden {
            let plain = try bytes(try #require(vector.bytes))
            #expect(Zlib.compress(plain) == (try bytes(try #require(vector.compressed))))
        }
    }
}
