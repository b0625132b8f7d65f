import LatchkeyCore
import LatchkeyTokens

/// The query string of a list: `limit` and `cursor`, and filters whose values must be known.
struct ListQuery: Sendable {
    let parameters: RequestParameters

    init(_ request: Request) { parameters = request.parameters }

    /// The requested page: `limit` from 1 to 1000, 100 when absent.
    /// - Throws: `Refusal` `invalid_request`: a list that is silently shorter than requested would mislead.
    func page() throws(Refusal) -> PageRequest {
        let limit = try parameters.integer("limit") ?? 100
        guard (1...1000).contains(limit) else {
            throw Refusal(.invalidRequest, "The parameter limit must be from 1 to 1000.")
        }
        return PageRequest(limit: limit, cursor: parameters["cursor"])
    }

    /// A filter with a closed list of values; nil when absent.
    /// - Throws: `Refusal` `invalid_request`, which lists the values.
    func value<Value>(_ name: String, of type: Value.Type) throws(Refusal) -> Value?
    where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
        guard let text = parameters[name] else { return nil }
        guard let value = Value(rawValue: text) else {
            let known = type.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalidRequest, "The parameter \(name) must be one of: \(known).")
        }
        return value
    }

    /// A filter by `client_id`; nil when absent.
    /// - Throws: `Refusal` `invalid_request`.
    func client() throws(Refusal) -> ClientID? {
        guard let text = parameters["client"] else { return nil }
        guard let id = ClientID(text) else {
            throw Refusal(.invalidRequest, "The parameter client is not a client id.")
        }
        return id
    }

    /// A filter by time: Unix seconds, as all times of the API; nil when absent.
    /// - Throws: `Refusal` `invalid_request`.
    func since() throws(Refusal) -> Timestamp? {
        try parameters.integer("since").map { Timestamp(seconds: Int64($0)) }
    }

    /// A filter by session; nil when absent.
    /// - Throws: `Refusal` `invalid_request`.
    func session() throws(Refusal) -> SessionID? {
        guard let text = parameters["session"] else { return nil }
        guard let id = SessionID(text) else {
            throw Refusal(.invalidRequest, "The parameter session is not a session id.")
        }
        return id
    }
}

extension RequestContext {
    /// The session that the path names.
    /// - Throws: `Refusal` `not_found` for text that cannot be one.
    func sessionID() throws(Refusal) -> SessionID {
        guard let id = SessionID(try pathParameter("sid")) else {
            throw Refusal(.notFound, "There is no session with this id.")
        }
        return id
    }

    /// The client that the path names.
    /// - Throws: `Refusal` `not_found` for text that cannot be one.
    func clientID() throws(Refusal) -> ClientID {
        guard let id = ClientID(try pathParameter("client")) else {
            throw Refusal(.notFound, "There is no client with this id.")
        }
        return id
    }
}

extension Page {
    /// The page as a JSON resource, item by item.
    func resource<Resource: WireValue>(_ transform: (Item) -> Resource) -> PageResource<Resource> {
        PageResource(items: items.map(transform), nextCursor: nextCursor)
    }
}
