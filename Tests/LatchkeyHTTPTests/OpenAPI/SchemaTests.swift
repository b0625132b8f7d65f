import Foundation
import LatchkeyCore
import LatchkeyTokens
import Testing

@testable import LatchkeyHTTP

/// An object of every kind of member, declared as the API's are.
private struct Example: WireObject {
    enum Colour: String, CaseIterable, WireValue { case red, green }

    let text: String
    let secret: SecretText
    let number: Int64?
    let yes: Bool?
    let colours: [Colour]
    let inner: [Inner]?
    let cursor: String?

    struct Inner: WireObject, Equatable {
        let names: [String: String]

        static let schema = ObjectSchema(resource: "Inner", "Inside.", Inner.init, Member("names", \.names))
    }

    static let schema = ObjectSchema(
        body: "Example", "One of each.", Example.init,
        Member("a_text", \.text, "Said once."),
        Member("secret", \.secret),
        Member("number", \.number),
        Member("yes", \.yes),
        Member("colours", \.colours),
        Member("inner", \.inner),
        Member("next_cursor", \.cursor, orNull: true))

    static let full = Example(
        text: "t", secret: SecretText("s"), number: 7, yes: true, colours: [.red],
        inner: [Inner(names: ["a": "b"])], cursor: "d")
    static let least = Example(
        text: "", secret: SecretText(""), number: nil, yes: nil, colours: [], inner: nil, cursor: nil)
}

/// Reading, writing and the API document of an object come from one declaration.
struct SchemaTests {
    private func read(_ json: String) throws -> Example {
        try JSONDecoder().decode(Example.self, from: Data(json.utf8))
    }

    private func object(_ value: some Encodable) throws -> JSONObject {
        try StrictJSON.parseObject(Array(try JSONEncoder().encode(value)))
    }

    private static let smallest = #""a_text":"t","secret":"s","colours":[],"next_cursor":null"#

    @Test func `what is written is read again`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        for example in [Example.full, .least] {
            let bytes = try encoder.encode(example)
            let again = try JSONDecoder().decode(Example.self, from: bytes)
            #expect(try encoder.encode(again) == bytes)
            #expect(again.secret.exposed == example.secret.exposed && again.inner == example.inner)
        }
    }

    @Test func `all members are written, and of an empty object those that are required`() throws {
        let schema = Example.schema.description
        #expect(try Set(object(Example.full).members.map(\.name)) == Set(schema.members.map(\.name)))
        let least = try object(Example.least)
        #expect(Set(least.members.map(\.name)) == Set(schema.members.filter(\.isRequired).map(\.name)))
        #expect(least["next_cursor"] == .null)
    }

    @Test func `the document says what the properties are`() throws {
        var json = JSONWriter()
        Example.schema.description.write(&json)
        let expected = #"""
            {"type":"object","description":"One of each.","required":["a_text","secret","colours","next_cursor"],\#
            "properties":{"a_text":{"type":"string","description":"Said once."},"secret":{"type":"string"},\#
            "number":{"type":["integer","null"]},"yes":{"type":["boolean","null"]},\#
            "colours":{"type":"array","items":{"type":"string","enum":["red","green"]}},\#
            "inner":{"type":["array","null"],"items":{"$ref":"#/components/schemas/Inner"}},\#
            "next_cursor":{"type":["string","null"]}},\#
            "additionalProperties":false}
            """#
        #expect(String(decoding: json.bytes, as: UTF8.self) == expected)
    }

    @Test func `the document says how long a text is, what it looks like, and which members go together`() {
        let form = SchemaDescription(
            "Form", "A form.", others: .texts, needs: ["word": "count"],
            [
                .required("word", .text(Lengths(1, most: 9), "^[a-z]+$")), .optional("count", .number(1...5)),
                .nullable("few", .list(.text(Lengths()), Lengths(most: 3))),
            ])
        var json = JSONWriter()
        form.write(&json)
        let expected = #"""
            {"type":"object","description":"A form.","required":["word"],\#
            "properties":{"word":{"type":"string","minLength":1,"maxLength":9,"pattern":"^[a-z]+$"},\#
            "count":{"type":"integer","minimum":1,"maximum":5},\#
            "few":{"type":["array","null"],"items":{"type":"string"},"maxItems":3}},\#
            "dependentRequired":{"word":["count"]},"additionalProperties":{"type":"string"}}
            """#
        #expect(String(decoding: json.bytes, as: UTF8.self) == expected)
    }

    @Test func `null and an absent member are the same`() throws {
        let absent = try read("{\(Self.smallest)}")
        #expect(absent.number == nil && absent.yes == nil && absent.inner == nil)
        let null = try read(#"{\#(Self.smallest),"number":null,"yes":null,"inner":null}"#)
        #expect(null.number == nil && null.yes == nil && null.inner == nil)
    }

    @Test(arguments: [
        "\"a_texts\":\"t\"", "\"a_text\\u0301\":1", "\"number\":\"7\"", "\"number\":1.5", "\"yes\":1",
        "\"colours2\":[]",
        "\"inner\":{}", "\"inner\":[{}]", "\"inner\":[{\"names\":{\"a\":1}}]",
    ])
    func `a member of another name or type is refused`(member: String) {
        #expect(throws: DecodingError.self) { try read("{\(Self.smallest),\(member)}") }
    }

    @Test(arguments: ["a_text", "secret", "colours"])
    func `a required member has to be there and must not be null`(name: String) {
        let others = Self.smallest.split(separator: ",").filter { !$0.contains("\"\(name)\"") }.joined(separator: ",")
        for json in ["{\(others)}", "{\(others),\"\(name)\":null}"] {
            #expect(throws: DecodingError.self) { try read(json) }
        }
    }

    @Test func `a word outside a closed list is refused`() {
        #expect(throws: DecodingError.self) {
            try read(#"{"a_text":"t","secret":"s","colours":["blue"],"next_cursor":null}"#)
        }
    }

    @Test func `what we write may grow, so its readers take members that they do not know`() throws {
        let inner = try JSONDecoder().decode(Example.Inner.self, from: Data(#"{"names":{},"more":1}"#.utf8))
        #expect(inner.names.isEmpty)
    }

    @Test func `a page names its items and always has a cursor`() throws {
        let page = PageResource<UserResource>(items: [], nextCursor: nil)
        #expect(PageResource<UserResource>.schema.description.name == "UserPage")
        #expect(try object(page)["next_cursor"] == .null)
    }

    @Test func `two objects of the document never have one name`() {
        func walk(_ object: SchemaDescription, _ seen: inout [String: String]) {
            var json = JSONWriter()
            object.write(&json)
            let text = String(decoding: json.bytes, as: UTF8.self)
            guard seen[object.name] == nil else {
                #expect(seen[object.name] == text, "\(object.name)")
                return
            }
            seen[object.name] = text
            for inner in object.members.flatMap(\.type.objects) { walk(inner, &seen) }
        }
        var seen: [String: String] = [:]
        for operation in OpenAPIDocument.descriptions.values {
            let types = [operation.body?.type].compactMap(\.self) + operation.answers.compactMap(\.type)
            for object in types.flatMap(\.objects) { walk(object, &seen) }
        }
        #expect(seen.count > 40)
    }
}

/// The client's objects, whose schemas stand apart from them.
struct ClientSchemaTests {
    @Test func `every body's schema lists exactly the members that are read`() {
        func expectBody<Body: ResourceBody>(_ type: Body.Type, _ schema: SchemaDescription) {
            #expect(schema.members.map(\.name).sorted() == type.memberNames, "\(type)")
            #expect(schema.isClosed, "\(type)")
        }
        expectBody(ClientCreate.self, .clientCreate)
        expectBody(ClientUpdate.self, .clientUpdate)
        expectBody(ClientSecretRotate.self, .clientSecretRotate)
    }

    @Test func `every resource's schema lists exactly the members that are written`() throws {
        func expectResource(_ schema: SchemaDescription, full: some Encodable, least: some Encodable) throws {
            #expect(try names(full) == Set(schema.members.map(\.name)), "\(schema.name)")
            #expect(try names(least) == Set(schema.members.filter(\.isRequired).map(\.name)), "\(schema.name)")
        }
        // Only settings that cannot be read have a problem, and they show nothing else.
        let unreadable = Client(
            id: try #require(ClientID("app")), kind: .public, shared: SharedClientSettings(unreadable: "torn"),
            disabled: false, createdAt: Timestamp(seconds: 1), issuedBefore: nil, sessionsEndedAt: nil)
        let all = try names(try client(full: true)).union(try names(ClientResource(unreadable)))
        #expect(all == Set(SchemaDescription.client.members.map(\.name)))
        #expect(
            try names(try client(full: false)) == Set(SchemaDescription.client.members.filter(\.isRequired).map(\.name))
        )
        try expectResource(
            .clientCreated,
            full: ClientCreated(client: try client(full: true), clientSecret: SecretText(""), warnings: []),
            least: ClientCreated(client: try client(full: true), warnings: []))
        let rotated = ClientSecretRotated(clientID: "", clientSecret: SecretText(""), previousExpiresAt: 0)
        try expectResource(.clientSecretRotated, full: rotated, least: rotated)
    }

    private func names(_ value: some Encodable) throws -> Set<String> {
        Set(try StrictJSON.parseObject(Array(try JSONEncoder().encode(value))).members.map(\.name))
    }

    private func client(full: Bool) throws -> ClientResource {
        let settings = ClientSettings {
            guard full else { return }
            $0.loginURI = ""
            $0.scope = Scope()
            $0.algorithm = .es256
            $0.accessLifetime = .zero
            $0.idleLifetime = .zero
            $0.absoluteLifetime = .zero
            $0.idTokenAlgorithm = .rs256
            $0.name = ""
            $0.clientURI = ""
            $0.policyURI = ""
            $0.termsURI = ""
        }
        let missing = ClientSettings.fields.filter { $0.value(in: settings) == nil }
        #expect(missing.isEmpty == full, "set here what was added: \(missing.map(\.name))")
        return ClientResource(
            Client(
                id: try #require(ClientID("app")), kind: .public, settings: settings,
                createdAt: Timestamp(seconds: 1)))
    }
}
