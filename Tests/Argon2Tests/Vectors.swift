import Foundation
import LatchkeyBytes
import Testing

/// A file of `Tests/Vectors/phc`.
enum Vectors {
    static func load<Content: Decodable>(_ name: String, as type: Content.Type = Content.self) throws -> Content {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(contentsOf: folder.appending(path: "Vectors/phc/\(name)")))
    }
}

struct ValidHashes: Decodable {
    struct Case: Decodable, Sendable {
        var name: String
        var passwordHex: String
        var phc: String
        var variant: String
        var memoryKib: Int
        var iterations: Int
        var parallelism: Int
        var saltHex: String
        var tagBytes: Int
    }
    var cases: [Case]
}

struct MalformedTexts: Decodable {
    struct Case: Decodable, Sendable {
        var name: String
        var text: String
        var error: String
    }
    var cases: [Case]
}

struct RawHashes: Decodable {
    struct Case: Decodable, Sendable {
        var name: String
        var variant: String
        var passwordHex: String
        var saltHex: String
        var secretHex: String
        var associatedDataHex: String
        var memoryKib: Int
        var iterations: Int
        var parallelism: Int
        var tagHex: String
    }
    var cases: [Case]
}

struct BcryptHashes: Decodable {
    struct Case: Decodable, Sendable {
        var name: String
        var passwordHex: String
        var hash: String
        var verifies: Bool
    }
    var cases: [Case]
    var malformed: [MalformedTexts.Case]
}

// In reports a vector goes by its name.
extension MalformedTexts.Case: CustomTestStringConvertible {
    var testDescription: String { name }
}

extension ValidHashes.Case: CustomTestStringConvertible {
    var testDescription: String { name }
}

extension RawHashes.Case: CustomTestStringConvertible {
    var testDescription: String { name }
}

extension Array<UInt8> {
    /// Reads pairs of hexadecimal digits.
    init(hex: String) {
        self = Hexadecimal.decode(hex.utf8) ?? []
    }
}
