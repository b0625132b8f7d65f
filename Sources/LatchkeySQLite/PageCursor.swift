import LatchkeyCore
import LatchkeyTokens

/// Where the next page of a list begins: the last key of the page before, as opaque text.
enum PageCursor {
    static func encode(_ key: [UInt8]) -> String { Base64URL.string(key) }

    static func encode(_ key: Int64) -> String {
        encode((0..<8).map { UInt8(truncatingIfNeeded: key >> (56 - 8 * $0)) })
    }

    /// The key, or nil for the first page.
    ///
    /// - Throws: `Refusal(.invalidRequest)` when the cursor is none of ours.
    static func bytes(_ request: PageRequest, length: Int) throws -> [UInt8]? {
        guard let cursor = request.cursor else { return nil }
        guard cursor.utf8.count <= 64, let bytes = Base64URL.decode(cursor), bytes.count == length else {
            throw Refusal(.invalidRequest, "The cursor is not one of this list; start again without one.")
        }
        return bytes
    }

    /// The key as a number; the largest one for the first page, since lists run backwards.
    static func number(_ request: PageRequest) throws -> Int64 {
        guard let bytes = try bytes(request, length: 8) else { return .max }
        return bytes.reduce(0) { $0 << 8 | Int64($1) }
    }
}
