import HTTPTypes
import LatchkeyTokens

/// Writes the OpenAPI 3.1 document of a set of routes. Paths, methods, access and error format come from the routes
/// themselves, so they cannot drift; the words come from ``OperationDescription``.
struct OpenAPIDocument: Sendable {
    /// Version of the HTTP contract, not of the program.
    static let contractVersion = "1.0.0"

    private let routes: [Route]
    private let issuer: String

    init(routes: [Route], issuer: String) {
        self.routes = routes
        self.issuer = issuer
    }

    /// All descriptions, by `METHOD /path`.
    static let descriptions = OperationDescription.admin.merging(OperationDescription.publicAPI) { first, _ in first }
        .merging(OperationDescription.sharedSignals) { first, _ in first }

    /// Every object that an operation or a refusal names, and the objects inside those, by name.
    static let schemas: [SchemaDescription] = {
        var found: [String: SchemaDescription] = [:]
        func add(_ types: [SchemaType]) {
            for object in types.flatMap(\.objects) where found[object.name] == nil {
                found[object.name] = object
                add(object.members.map(\.type))
            }
        }
        add([.object(.oauthError), ProblemResource.schemaType])
        add(descriptions.values.flatMap { [$0.body?.type].compactMap(\.self) + $0.answers.compactMap(\.type) })
        return found.values.sorted { $0.name < $1.name }
    }()

    /// The key of a route's description. The metadata of an issuer with a path is at a second path, too (RFC 8414 3.1).
    static func key(_ route: Route) -> String { key(route.method, route.template) }

    /// The same for a route that is being made.
    static func key(_ method: HTTPRequest.Method, _ template: String) -> String {
        let metadata = [PublicPath.metadata, SharedSignalsAddresses.wellKnown]
        let template = metadata.first { template.hasPrefix($0 + "/") } ?? template
        return "\(method.rawValue) \(template)"
    }

    /// The document's bytes.
    func encode() -> [UInt8] {
        JSONWriter.object(reserving: 64 * 1024) { json in
            json.member("openapi", "3.1.0")
            json.member(
                "info",
                object: { json in
                    json.member("title", "Latchkey")
                    json.member("version", Self.contractVersion)
                    json.member(
                        "description",
                        "A hybrid token-issuing authorization server: sessions, short JWTs, and a revocation list.")
                })
            json.member("servers", array: { $0.object { $0.member("url", issuer) } })
            json.member("paths", object: writePaths)
            json.member("components", object: writeComponents)
        }
    }

    // MARK: Paths

    private func writePaths(_ json: inout JSONWriter) {
        var templates: [String] = []
        for route in routes where !templates.contains(route.template) { templates.append(route.template) }
        for template in templates {
            json.member(
                template,
                object: { json in
                    let names = Self.captures(of: template)
                    if !names.isEmpty { json.member("parameters", array: { writeCaptures(names, &$0) }) }
                    for route in routes where route.template == template {
                        json.member(route.method.rawValue.lowercased(), object: { writeOperation(route, &$0) })
                    }
                })
        }
    }

    /// The names between braces.
    static func captures(of template: String) -> [String] {
        template.split(separator: "/").filter { $0.first == "{" }.map { String($0.dropFirst().dropLast()) }
    }

    private func writeCaptures(_ names: [String], _ json: inout JSONWriter) {
        for name in names {
            json.object { json in
                json.member("name", name)
                json.member("in", "path")
                json.member("required", true)
                json.member("schema", encoded: JSONWriter.value { Self.type(ofCapture: name).write(&$0) })
            }
        }
    }

    private static func type(ofCapture name: String) -> SchemaType {
        switch name {
        case "client": .clientID
        case "sid", "stream": .uuid
        case "seq": .position
        case "n": .natural
        // An encoded slash is refused: proxies take it for one that separates.
        default: .text(Lengths(1), #"^[^/\\\x00]+$"#)
        }
    }

    private func writeOperation(_ route: Route, _ json: inout JSONWriter) {
        json.member("operationId", route.operationID)
        let description = Self.descriptions[Self.key(route)]
        json.member("tags", [description?.tag ?? "other"])
        if let description { json.member("summary", description.summary) }
        writeSecurity(route.access, &json)
        if let query = description?.query, !query.isEmpty {
            json.member(
                "parameters",
                array: { json in
                    for parameter in query {
                        json.object { json in
                            json.member("name", parameter.name)
                            json.member("in", "query")
                            if parameter.isRequired { json.member("required", true) }
                            json.member("description", parameter.description)
                            json.member("schema", encoded: JSONWriter.value { parameter.type.write(&$0) })
                        }
                    }
                })
        }
        if let body = description?.body {
            json.member(
                "requestBody",
                object: { json in
                    json.member("required", body.isRequired)
                    writeContent(body.contentType, body.type, &json)
                })
        }
        json.member("responses", object: { writeAnswers(route, description?.answers ?? [], &$0) })
    }

    // MARK: Answers

    private func writeAnswers(_ route: Route, _ answers: [OperationDescription.Answer], _ json: inout JSONWriter) {
        for answer in answers {
            json.member(
                String(answer.status),
                object: { json in
                    json.member("description", answer.description)
                    if let type = answer.type { writeContent(answer.contentType, type, &json) }
                })
        }
        json.member(
            "default",
            object: { json in
                json.member("description", "A refusal, or a failure without detail.")
                switch route.errorFormat {
                case .oauth: writeContent("application/json", .object(.oauthError), &json)
                case .page: writeContent("text/html", .string, &json)
                case .problem: writeContent("application/problem+json", ProblemResource.schemaType, &json)
                }
            })
    }

    private func writeContent(_ contentType: String, _ type: SchemaType, _ json: inout JSONWriter) {
        json.member(
            "content",
            object: { json in
                json.member(contentType, object: { $0.member("schema", encoded: JSONWriter.value { type.write(&$0) }) })
            })
    }

    // MARK: Security

    private func writeSecurity(_ access: RouteAccess, _ json: inout JSONWriter) {
        json.member(
            "security",
            array: { json in
                switch access {
                // In the body or the query, which OpenAPI cannot express.
                case .open, .application, .firstParty, .begunSignIn, .operator: break
                case .client:
                    json.object { $0.member("client", [String]()) }
                    json.object { _ in }
                case .listReader:
                    json.object { _ in }
                    json.object { $0.member("client", [String]()) }
                    json.object { $0.member("bearer", [String]()) }
                case .session:
                    json.object { $0.member("session", [String]()) }
                case .forwarded:
                    json.object { $0.member("session", [String]()) }
                    json.object { $0.member("bearer", [String]()) }
                case .bearer, .userInfo, .account, .admin, .receiver:
                    json.object { $0.member("bearer", access.requiredScope.map { [$0] } ?? []) }
                }
            })
    }

    private func writeComponents(_ json: inout JSONWriter) {
        json.member(
            "securitySchemes",
            object: { json in
                json.member(
                    "bearer",
                    object: { json in
                        json.member("type", "http")
                        json.member("scheme", "bearer")
                        json.member("bearerFormat", "JWT")
                    })
                json.member(
                    "session",
                    object: { json in
                        json.member("type", "apiKey")
                        json.member("in", "cookie")
                        json.member("name", SessionCookie(CookieForm(issuer: issuer)).name)
                    })
                json.member(
                    "client",
                    object: { json in
                        json.member("type", "http")
                        json.member("scheme", "basic")
                        json.member(
                            "description", "client_id and client_secret; a public client sends client_id in the body.")
                    })
            })
        json.member(
            "schemas",
            object: { json in
                for schema in Self.schemas { json.member(schema.name, encoded: JSONWriter.value { schema.write(&$0) }) }
            })
    }
}
