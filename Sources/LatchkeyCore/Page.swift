import LatchkeyTokens

/// One page of a list, newest first.
package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    /// Pass it back to get the next page; `nil` on the last one. Opaque to callers, made by the store.
    package let nextCursor: String?

    package init(items: [Item], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }
}

/// Which page of a list to read.
package struct PageRequest: Sendable {
    /// At most this many items, 1 to 1000.
    package let limit: Int
    package let cursor: String?

    /// Clamps `limit` to 1...1000.
    package init(limit: Int = 100, cursor: String? = nil) {
        self.limit = min(max(limit, 1), 1000)
        self.cursor = cursor
    }
}

extension Page {
    /// A page from up to `limit + 1` rows: the extra row shows that there is a next page.
    init(_ rows: [Item], limit: Int, cursor: (Item) -> String) {
        guard rows.count > limit, limit > 0 else {
            self.init(items: rows, nextCursor: nil)
            return
        }
        self.init(items: Array(rows.prefix(limit)), nextCursor: cursor(rows[limit - 1]))
    }
}

/// Where the next page of a list begins: the last key of the previous page, as opaque text.
enum PageCursor {
    static func encode(_ key: [UInt8]) -> String { Base64URL.string(key) }

    static func encode(_ key: Int64) -> String {
        encode((0..<8).map { UInt8(truncatingIfNeeded: key >> (56 - 8 * $0)) })
    }

    /// The key, or nil for the first page.
    ///
    /// - Throws: `Refusal(.invalidRequest)` when the cursor is not ours.
    static func bytes(_ request: PageRequest, length: Int) throws -> [UInt8]? {
        guard let cursor = request.cursor else { return nil }
        guard cursor.utf8.count <= 64, let bytes = Base64URL.decode(cursor), bytes.count == length else {
            throw Refusal(.invalidRequest, "The cursor does not belong to this list; start again without one.")
        }
        return bytes
    }

    /// The key as a number; the largest one for the first page, since lists run backwards.
    static func number(_ request: PageRequest) throws -> Int64 {
        guard let bytes = try bytes(request, length: 8) else { return .max }
        return bytes.reduce(0) { $0 << 8 | Int64($1) }
    }
}
