/// One page of a list, newest first.
package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    /// Give it back to get the next page; `nil` on the last one. Opaque to callers, made by the store.
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
