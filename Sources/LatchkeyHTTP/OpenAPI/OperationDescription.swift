/// What the API document says about a route beyond what the route table knows.
struct OperationDescription: Sendable {
    /// A query parameter.
    struct Parameter: Sendable {
        let name: String
        let type: SchemaType
        let description: String
        let isRequired: Bool

        init(_ name: String, _ type: SchemaType, _ description: String, isRequired: Bool = false) {
            self.name = name
            self.type = type
            self.description = description
            self.isRequired = isRequired
        }

        static let limit = Parameter("limit", .number(1...1000), "Largest number of items; 100 when absent.")
        static let cursor = Parameter("cursor", .nonEmpty, "The next_cursor of the previous page.")
    }

    /// A request body.
    struct Body: Sendable {
        let contentType: String
        let type: SchemaType
        let isRequired: Bool

        static func json(_ schema: SchemaDescription, isRequired: Bool = true) -> Body {
            Body(contentType: "application/json", type: .object(schema), isRequired: isRequired)
        }

        static func json<Object: WireObject>(_ object: Object.Type, isRequired: Bool = true) -> Body {
            json(Object.schema.description, isRequired: isRequired)
        }

        static func form(_ schema: SchemaDescription, isRequired: Bool = true) -> Body {
            Body(contentType: "application/x-www-form-urlencoded", type: .object(schema), isRequired: isRequired)
        }
    }

    /// A response that is not an error.
    struct Answer: Sendable {
        let status: Int
        let description: String
        let contentType: String
        /// Nil when there is no body.
        let type: SchemaType?

        static func json(
            _ schema: SchemaDescription, status: Int = 200, _ description: String = "Done."
        ) -> Answer {
            Answer(status: status, description: description, contentType: "application/json", type: .object(schema))
        }

        static func json<Object: WireObject>(
            _ object: Object.Type, status: Int = 200, _ description: String = "Done."
        ) -> Answer {
            json(Object.schema.description, status: status, description)
        }

        static func empty(_ status: Int, _ description: String) -> Answer {
            Answer(status: status, description: description, contentType: "", type: nil)
        }

        static func text(_ contentType: String, _ description: String) -> Answer {
            Answer(status: 200, description: description, contentType: contentType, type: .string)
        }
    }

    let tag: String
    let summary: String
    var query: [Parameter] = []
    var body: Body?
    let answers: [Answer]

    init(_ tag: String, _ summary: String, query: [Parameter] = [], body: Body? = nil, _ answers: Answer...) {
        self.tag = tag
        self.summary = summary
        self.query = query
        self.body = body
        self.answers = answers
    }
}
