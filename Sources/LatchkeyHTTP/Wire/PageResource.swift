/// One page of a list as JSON: `{"items":[…],"next_cursor":"…"}`, newest first.
package struct PageResource<Item: Codable & Sendable>: Codable, Sendable {
    package let items: [Item]
    /// Goes into `?cursor=` of the next request; `null` on the last page.
    package let nextCursor: String?

    package init(items: [Item], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }

    enum CodingKeys: String, CodingKey {
        case items
        case nextCursor = "next_cursor"
    }

    /// Writes `next_cursor` as `null` on the last page, so that a reader finds the member on every page.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(nextCursor, forKey: .nextCursor)
    }
}
