import LatchkeyCore
import LatchkeyTokens

/// The parameters that a route accepts in its query string, read before its handler runs.
package struct QueryRule: Sendable {
    /// Nil where unknown names are ignored.
    private let parameters: [OperationDescription.Parameter]?
    private let isRead: Bool

    /// Exactly the parameters that the API document describes for the route; none for a route without a description.
    ///
    /// A query of ours restricts what is shown or who may pass, so a misspelt name and a missing value (`role=`) are
    /// errors: taken for "no restriction", they would open what was meant to be closed.
    static func documented(_ operation: String) -> QueryRule {
        QueryRule(parameters: OpenAPIDocument.descriptions[operation]?.query ?? [])
    }

    /// RFC 6749 3.1: unknown parameters are ignored, an empty value counts as absent. Also for links that people
    /// follow, because mailers and social networks append their own parameters, and for documents that nothing can
    /// restrict.
    package static let tolerant = QueryRule(parameters: nil)

    /// For handlers that read ``Request/query`` themselves, because they answer a bad one in their own way.
    package static let unread = QueryRule(parameters: nil, isRead: false)

    private init(parameters: [OperationDescription.Parameter]?, isRead: Bool = true) {
        self.parameters = parameters
        self.isRead = isRead
    }

    /// Reads a query string.
    /// - Throws: `Refusal` `invalid_request` that names parameters of ours and never the caller's text.
    func read(_ query: String?) throws(Refusal) -> RequestParameters {
        guard isRead, let query, !query.isEmpty else { return RequestParameters() }
        guard let parameters else { return try RequestParameters(query.utf8) }
        let repeatable = Set(parameters.filter(\.isRepeatable).map(\.name))
        let given = try RequestParameters(query.utf8, repeatable: repeatable)
        for (name, isEmpty) in given.presence {
            guard let parameter = parameters.first(where: { $0.name.equalsBytes(of: name) }) else {
                throw Self.unknown(parameters)
            }
            guard !isEmpty else {
                throw Refusal(
                    .invalidRequest, "The parameter \(parameter.name) is empty: give a value, or leave it out.")
            }
            try Self.check(parameter, in: given)
        }
        return given
    }

    private static func unknown(_ known: [OperationDescription.Parameter]) -> Refusal {
        guard !known.isEmpty else { return Refusal(.invalidRequest, "This path takes no query parameters.") }
        let names = known.map(\.name).joined(separator: ", ")
        return Refusal(.invalidRequest, "The query has an unknown parameter. Known parameters: \(names).")
    }

    /// Checks a value against the type in the document.
    private static func check(
        _ parameter: OperationDescription.Parameter, in given: RequestParameters
    ) throws(Refusal) {
        switch parameter.type {
        case .integer, .number:
            _ = try given.integer(parameter.name)
        case .choice(let values):
            guard let text = given[parameter.name], values.containsBytes(of: text) else {
                throw Refusal(
                    .invalidRequest,
                    "The parameter \(parameter.name) must be one of: \(values.joined(separator: ", ")).")
            }
        case .string, .text, .boolean, .array, .list, .textOrTexts, .map, .anyObject, .object, .oneOf: break
        }
    }
}

extension OperationDescription.Parameter {
    fileprivate var isRepeatable: Bool {
        if case .array = type { true } else { false }
    }
}
