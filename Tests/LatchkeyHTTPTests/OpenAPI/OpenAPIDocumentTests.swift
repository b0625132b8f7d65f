import HTTPTypes
import LatchkeyTokens
import Testing

@testable import LatchkeyHTTP

struct OpenAPIDocumentTests {
    private func route(_ key: String) throws -> Route {
        let parts = key.split(separator: " ").map(String.init)
        let method = try #require(HTTPRequest.Method(parts[0]))
        return .reached(method, parts[1], .open)
    }

    private func document(_ routes: [Route]) throws -> JSONObject {
        try StrictJSON.parseObject(
            OpenAPIDocument(routes: routes, issuer: "https://id.example").encode(), maximumLength: 1 << 20)
    }

    @Test func `every described operation is in the document of its route`() throws {
        let routes = try OpenAPIDocument.descriptions.keys.sorted().map(route)
        let paths = try #require(try document(routes)["paths"]?.object)
        for route in routes {
            let operation = paths[route.template]?.object?[route.method.rawValue.lowercased()]?.object
            #expect(operation?["summary"]?.string?.isEmpty == false, "\(route.operationID)")
            #expect(operation?["responses"]?.object?["default"] != nil)
        }
        #expect(paths.members.count == Set(routes.map(\.template)).count)
    }

    @Test func `every reference names a schema of the document and every schema is used`() throws {
        let json = try document(try OpenAPIDocument.descriptions.keys.sorted().map(route))
        var references: Set<String> = []
        func walk(_ value: JSONValue) {
            switch value {
            case .object(let object):
                for member in object.members {
                    if member.name == "$ref", let text = member.value.string {
                        references.insert(text.replacing("#/components/schemas/", with: ""))
                    }
                    walk(member.value)
                }
            case .array(let elements): elements.forEach(walk)
            default: break
            }
        }
        walk(.object(json))
        // The routes of this test are all of the problem format.
        references.insert("OAuthError")
        let names = OpenAPIDocument.schemas.map(\.name)
        #expect(Set(names).count == names.count, "a schema is there twice")
        #expect(references == Set(names))
    }

    @Test func `captured segments are parameters of the path`() throws {
        let json = try document([try route("GET /api/v1/admin/users/{user}")])
        let path = json["paths"]?.object?["/api/v1/admin/users/{user}"]?.object
        let parameter = path?["parameters"]?.array?.first?.object
        #expect(parameter?["name"]?.string == "user")
        #expect(parameter?["in"]?.string == "path")
        #expect(parameter?["required"]?.bool == true)
    }

    @Test func `the scope of an admin route is stated`() throws {
        let json = try document([.reached(.get, "/api/v1/admin/stats", .admin(.reads))])
        let operation = json["paths"]?.object?["/api/v1/admin/stats"]?.object?["get"]?.object
        #expect(operation?["security"]?.array?.first?.object?["bearer"]?.strings == ["latchkey:admin"])
    }

    @Test func `an OAuth route answers errors as RFC 6749 has them`() throws {
        let json = try document([.reached(.post, "/oauth2/token", .client, errors: .oauth)])
        let content = json["paths"]?.object?["/oauth2/token"]?.object?["post"]?.object?["responses"]?.object?[
            "default"]?
            .object?["content"]?.object
        #expect(content?.members.map(\.name) == ["application/json"])
    }
}
