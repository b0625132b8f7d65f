/// One page of a list as JSON: `{"items":[…],"next_cursor":"…"}`, newest first.
package struct PageResource<Item: WireValue>: WireObject {
    package let items: [Item]
    /// Written as `null` on the last page, so that a reader finds the member on every page.
    package let nextCursor: String?

    package static var schema: ObjectSchema<PageResource> {
        ObjectSchema(
            resource: Item.pageName, "One page.", PageResource.init,
            Member("items", \.items),
            Member("next_cursor", \.nextCursor, "The cursor of the next page; null on the last page.", orNull: true))
    }
}
