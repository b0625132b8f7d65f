import Foundation
import LatchkeyTokens

/// A page as a browser takes it apart, by a reader that is stricter than any browser: it throws at everything that our
/// templates do not write, so a value that left its place is found whatever it says.
package struct ShownPage: Sendable {
    package struct Element: Sendable {
        package let name: String
        /// In their order; an attribute without a value has the empty text.
        package let attributes: [(name: String, value: String)]
        /// The text inside, its children's included.
        package fileprivate(set) var text = ""

        package subscript(_ attribute: String) -> String? {
            attributes.first { $0.name.equalsBytes(of: attribute) }?.value
        }
    }

    package struct Malformed: Error, CustomStringConvertible {
        package let description: String
    }

    /// The page's one form.
    package struct Form: Sendable {
        package let action: String
        /// Names and values as the page has them; boxes that are not checked are left out.
        package let fields: [(name: String, value: String)]
        /// The values of the buttons called `decision`.
        package let decisions: [String]

        package subscript(_ name: String) -> String? { fields.first { $0.name.equalsBytes(of: name) }?.value }
    }

    package let response: TestResponse
    package let elements: [Element]
    package let form: Form?

    package init(_ response: TestResponse) throws {
        self.response = response
        guard response[field: "Content-Type"] == "text/html; charset=utf-8" else {
            throw Malformed(description: "no page: \(response.status) \(response.text.prefix(300))")
        }
        elements = try HTMLReader.read(response.body)
        form = try Self.form(in: elements)
    }

    package var status: Int { response.status }

    package func element(id: String) -> Element? { elements.first { $0["id"]?.equalsBytes(of: id) == true } }

    package var heading: String? { elements.first { $0.name == "h1" }?.text }

    /// What the page complains about.
    package var problem: String? { element(id: "problem")?.text }

    /// Names of elements and attributes without their values: the same for every value that stayed in its place.
    package var shape: [String] { elements.map { ([$0.name] + $0.attributes.map(\.name)).joined(separator: " ") } }

    private static func form(in elements: [Element]) throws -> Form? {
        let forms = elements.filter { $0.name == "form" }
        guard forms.count <= 1 else { throw Malformed(description: "several forms") }
        guard let form = forms.first else { return nil }
        guard form["method"] == "post", let action = form["action"] else {
            throw Malformed(description: "a form that does not post")
        }
        let inputs = elements.filter { $0.name == "input" && ($0["type"] != "checkbox" || $0["checked"] != nil) }
        return Form(
            action: action,
            fields: inputs.compactMap { input in input["name"].map { ($0, input["value"] ?? "") } },
            decisions: elements.filter { $0.name == "button" && $0["name"] == "decision" }.compactMap { $0["value"] })
    }
}

/// What reaches a client, on whatever way the browser is told to go.
package struct DeliveredAnswer: Sendable, Equatable {
    package enum Way: Sendable, Equatable { case redirect, refresh, link, formPost }

    package let way: Way
    /// Without the parameters of a form.
    package let url: String
    /// Decoded, in their order; those of a registered query first.
    package let parameters: [String]
    private let values: [String]

    package subscript(_ name: String) -> String? {
        parameters.firstIndex { $0.equalsBytes(of: name) }.map { values[$0] }
    }

    package var code: String? { self["code"] }
    package var error: String? { self["error"] }

    private init(_ way: Way, _ url: String, _ pairs: [(name: String, value: String)]) {
        self.way = way
        self.url = url
        parameters = pairs.map(\.name)
        values = pairs.map(\.value)
    }

    private init(_ way: Way, _ url: String) {
        let query = url.utf8.firstIndex(of: UInt8(ascii: "?")).map { Array(url.utf8[url.utf8.index(after: $0)...]) }
        self.init(way, url, Self.pairs(query ?? []))
    }

    /// Nil for an answer that goes to no client.
    package init?(_ response: TestResponse) {
        if let location = response[field: "Location"] {
            guard response.status == 303 else { return nil }
            self.init(.redirect, location)
            return
        }
        guard let page = try? ShownPage(response), response.status == 200 else { return nil }
        if let refresh = response[field: "Refresh"] {
            guard refresh.hasPrefix("0; url=") else { return nil }
            self.init(.refresh, String(refresh.dropFirst(7)))
        } else if let meta = page.elements.first(where: { $0.name == "meta" && $0["http-equiv"] == "refresh" }),
            let content = meta["content"], content.hasPrefix("0; url=")
        {
            self.init(.refresh, String(content.dropFirst(7)))
        } else if page.element(id: "continue-form") != nil, let form = page.form {
            self.init(.formPost, form.action, form.fields)
        } else if let link = page.element(id: "continue"), link.name == "a", link["rel"] == "noreferrer",
            let target = link["href"]
        {
            self.init(.link, target)
        } else {
            return nil
        }
    }

    /// As clients decode a query (URL standard, application/x-www-form-urlencoded).
    private static func pairs(_ query: [UInt8]) -> [(name: String, value: String)] {
        query.split(separator: UInt8(ascii: "&")).map { pair in
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (decoded(parts[0]), parts.count > 1 ? decoded(parts[1]) : "")
        }
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        var decoded: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                decoded.append(value)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}

/// Takes our HTML apart.
private struct HTMLReader {
    private static let void: Set<String> = ["meta", "link", "input", "br", "img"]
    private static let entities: [String: [UInt8]] = [
        "amp": [0x26], "lt": [0x3C], "gt": [0x3E], "quot": [0x22], "#39": [0x27], "#10": [0x0A], "#13": [0x0D],
        "nbsp": [0xC2, 0xA0],
    ]

    private var rest: ArraySlice<UInt8>
    private var elements: [ShownPage.Element] = []
    private var open: [Int] = []

    static func read(_ bytes: [UInt8]) throws -> [ShownPage.Element] {
        var reader = HTMLReader(rest: bytes[...])
        let start = Array("<!doctype html>".utf8)
        guard bytes.starts(with: start) else { throw ShownPage.Malformed(description: "no doctype") }
        reader.rest = reader.rest.dropFirst(start.count)
        try reader.run()
        return reader.elements
    }

    private mutating func run() throws {
        while let byte = rest.first {
            guard byte == UInt8(ascii: "<") else {
                let text = rest.prefix { $0 != UInt8(ascii: "<") }
                rest = rest.dropFirst(text.count)
                // A script is not HTML.
                let isScript = open.last.map { elements[$0].name == "script" } ?? false
                let value = isScript ? String(decoding: text, as: UTF8.self) : try unescaped(text)
                for index in open { elements[index].text += value }
                continue
            }
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "/") { try close() } else { try begin() }
        }
        guard open.isEmpty else { throw fault("an open element") }
    }

    private mutating func close() throws {
        rest = rest.dropFirst()
        let name = word()
        guard rest.popFirst() == UInt8(ascii: ">"), let last = open.popLast(), elements[last].name == name else {
            throw fault("</\(name)> has no beginning")
        }
    }

    private mutating func begin() throws {
        let name = word()
        guard !name.isEmpty else { throw fault("a bare <") }
        var attributes: [(name: String, value: String)] = []
        while true {
            let blank = rest.prefix { $0 == 0x20 || $0 == 0x0A }.count
            rest = rest.dropFirst(blank)
            guard let byte = rest.first else { throw fault("the end in a tag") }
            if byte == UInt8(ascii: ">") {
                rest = rest.dropFirst()
                break
            }
            guard blank > 0 else { throw fault("attributes of \(name) without a space") }
            let attribute = word()
            guard !attribute.isEmpty, !attributes.contains(where: { $0.name == attribute }),
                !attribute.hasPrefix("on"), attribute != "style"
            else { throw fault("an attribute of \(name): '\(attribute)'") }
            guard rest.first == UInt8(ascii: "=") else {
                attributes.append((attribute, ""))
                continue
            }
            guard rest.dropFirst().first == UInt8(ascii: "\"") else { throw fault("\(attribute) has no quotes") }
            rest = rest.dropFirst(2)
            let value = rest.prefix { $0 != UInt8(ascii: "\"") }
            rest = rest.dropFirst(value.count)
            guard rest.popFirst() == UInt8(ascii: "\""), !value.contains(UInt8(ascii: "<")) else {
                throw fault("the value of \(attribute)")
            }
            attributes.append((attribute, try unescaped(value)))
        }
        elements.append(ShownPage.Element(name: name, attributes: attributes))
        if !Self.void.contains(name) { open.append(elements.count - 1) }
    }

    /// Lower-case names with digits and hyphens: all that our templates write.
    private mutating func word() -> String {
        let word = rest.prefix { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
        }
        rest = rest.dropFirst(word.count)
        return String(decoding: word, as: UTF8.self)
    }

    private func unescaped(_ text: ArraySlice<UInt8>) throws -> String {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "&") else {
                if byte == UInt8(ascii: ">") { throw fault("a bare >") }
                bytes.append(byte)
                continue
            }
            let name = rest.prefix { $0 != UInt8(ascii: ";") }
            guard name.count <= 6, let value = Self.entities[String(decoding: name, as: UTF8.self)] else {
                throw fault("a bare &")
            }
            rest = rest.dropFirst(name.count + 1)
            bytes += value
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw fault("no UTF-8") }
        return text
    }

    private func fault(_ what: String) -> ShownPage.Malformed {
        ShownPage.Malformed(description: "\(what), before: \(String(decoding: rest.prefix(120), as: UTF8.self))")
    }
}
