import LatchkeyTokens
import TestSupport
import Testing

/// Holds requests and answers to `/openapi.json`, as strictly as JSON Schema can be read: what is there has to be described.
final class DocumentJudge {
    private let paths: JSONObject
    private let schemas: JSONObject
    /// By schema, the members that were there in some answer.
    private(set) var seen: [String: Set<String>] = [:]

    init(_ server: TestServer) async throws {
        let document = try StrictJSON.parseObject(
            try await server.http.get("/openapi.json").body, maximumLength: 1 << 20)
        paths = try #require(document["paths"]?.object)
        schemas = try #require(document["components"]?.object?["schemas"]?.object)
    }

    /// Expects that an answer is one of those that the document has for the operation, and is as described.
    func expect(
        _ operation: String, _ answer: TestResponse, _ status: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let parts = operation.split(separator: " ").map(String.init)
        let responses = try #require(
            paths[parts[1]]?.object?[parts[0].lowercased()]?.object?["responses"]?.object, "\(operation)")
        #expect(answer.status == status, "\(operation): \(answer.text)", sourceLocation: sourceLocation)
        let described = try #require((responses[String(status)] ?? responses["default"])?.object)
        guard let content = described["content"]?.object else {
            #expect(answer.body.isEmpty, "\(operation)", sourceLocation: sourceLocation)
            return
        }
        let type = answer[field: "Content-Type"]?.split(separator: ";").first.map(String.init) ?? ""
        let schema = try #require(content[type]?.object?["schema"]?.object, "\(operation) answers \(type)")
        guard type.hasSuffix("json") else { return }
        let faults = judge(try StrictJSON.parse(answer.body, maximumLength: 1 << 20), schema, operation)
        #expect(faults.isEmpty, "\(faults)", sourceLocation: sourceLocation)
    }

    /// The members of a schema and those that are required.
    func members(of schema: String) throws -> (all: [String: JSONObject], required: [String]) {
        let object = try #require(schemas[schema]?.object, "\(schema)")
        let properties = (object["properties"]?.object?.members ?? []).compactMap { member in
            member.value.object.map { (member.name, $0) }
        }
        return (Dictionary(uniqueKeysWithValues: properties), object["required"]?.strings ?? [])
    }

    private func judge(_ value: JSONValue, _ schema: JSONObject, _ place: String) -> [String] {
        if let reference = schema["$ref"]?.string {
            let name = reference.replacing("#/components/schemas/", with: "")
            guard let target = schemas[name]?.object else { return ["\(place): no schema \(name)"] }
            seen[name, default: []].formUnion(value.object?.members.map(\.name) ?? [])
            return judge(value, target, name)
        }
        if let choices = schema["oneOf"]?.array {
            let before = seen
            var faults: [String] = []
            for choice in choices.compactMap(\.object) {
                let found = judge(value, choice, place)
                guard !found.isEmpty else { return [] }
                // What another schema has says nothing about this one.
                seen = before
                faults += found
            }
            return faults
        }
        let types = schema["type"].map { $0.strings ?? [$0.string ?? ""] } ?? []
        guard types.contains(where: { Self.is(value, $0) }) else { return ["\(place) is no \(types)"] }
        if let allowed = schema["enum"]?.array, !allowed.contains(value) { return ["\(place) has another value"] }
        if let elements = value.array, let items = schema["items"]?.object {
            return elements.flatMap { judge($0, items, place) }
        }
        guard let object = value.object else { return [] }
        if let each = schema["additionalProperties"]?.object {
            return object.members.flatMap { judge($0.value, each, "\(place).\($0.name)") }
        }
        guard let properties = schema["properties"]?.object else { return [] }
        let missing = (schema["required"]?.strings ?? []).filter { object[$0] == nil }.map { "\(place) lacks \($0)" }
        return missing
            + object.members.flatMap { member in
                guard let described = properties[member.name]?.object else {
                    return ["\(place) has \(member.name), which is not described"]
                }
                return judge(member.value, described, "\(place).\(member.name)")
            }
    }

    private static func `is`(_ value: JSONValue, _ type: String) -> Bool {
        switch value {
        case .null: type == "null"
        case .bool: type == "boolean"
        case .integer: type == "integer"
        case .number: false
        case .string: type == "string"
        case .array: type == "array"
        case .object: type == "object"
        }
    }
}
