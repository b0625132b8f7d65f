/// The HTML that our pages are written in, read strictly: every value in quotes, every reference known, every element
/// closed. What a value smuggles in would break one of these rules or show up as an element.
struct PageDocument {
    struct Element: Equatable {
        let name: String
        let attributes: [(name: String, value: String)]
        /// The names of the elements around it.
        let path: [String]
        fileprivate(set) var text = ""

        subscript(_ name: String) -> String? { attributes.first { $0.name == name }?.value }

        static func == (one: Element, other: Element) -> Bool {
            one.name == other.name && one.path == other.path
                && one.attributes.map(\.name) == other.attributes.map(\.name)
        }
    }

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// In the order of the document.
    private(set) var elements: [Element] = []
    private var open: [Int] = []

    private static let void: Set<String> = ["meta", "link", "input", "img"]
    private static let references = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "#39": "'", "#10": "\n", "#13": "\r",
    ]

    init(_ html: String) throws {
        var rest = html.unicodeScalars[...]
        try Self.expect("<!doctype html>", &rest)
        while let first = rest.first {
            if first == "<" {
                try tag(&rest)
            } else {
                let isRaw = open.last.map { elements[$0].name == "script" } ?? false
                let text = rest.prefix { $0 != "<" }
                rest = rest[text.endIndex...]
                let read = isRaw ? String(text) : try Self.decoded(text)
                for index in open { elements[index].text += read }
            }
        }
        guard open.isEmpty else { throw Fault(description: "not closed: \(open.map { elements[$0].name })") }
    }

    func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

    private mutating func tag(_ rest: inout String.UnicodeScalarView.SubSequence) throws {
        try Self.expect("<", &rest)
        if rest.first == "/" {
            try Self.expect("/", &rest)
            let name = Self.name(&rest)
            try Self.expect(">", &rest)
            guard let last = open.popLast(), elements[last].name == name else {
                throw Fault(description: "</\(name)> closes nothing")
            }
            return
        }
        let name = Self.name(&rest)
        guard !name.isEmpty else { throw Fault(description: "a < that begins no element, before \(rest.prefix(20))") }
        var attributes: [(String, String)] = []
        while rest.first == " " {
            try Self.expect(" ", &rest)
            let attribute = Self.name(&rest)
            guard !attribute.isEmpty, !attributes.contains(where: { $0.0 == attribute }) else {
                throw Fault(description: "an attribute without name, or twice, in <\(name)>: \(attribute)")
            }
            guard rest.first == "=" else {
                attributes.append((attribute, ""))
                continue
            }
            try Self.expect("=\"", &rest)
            let value = rest.prefix { $0 != "\"" }
            rest = rest[value.endIndex...]
            try Self.expect("\"", &rest)
            attributes.append((attribute, try Self.decoded(value)))
        }
        try Self.expect(">", &rest)
        elements.append(Element(name: name, attributes: attributes, path: open.map { elements[$0].name }))
        if !Self.void.contains(name) { open.append(elements.count - 1) }
    }

    private static func name(_ rest: inout String.UnicodeScalarView.SubSequence) -> String {
        let name = rest.prefix {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "-"
        }
        rest = rest[name.endIndex...]
        return String(name)
    }

    private static func expect(_ text: String, _ rest: inout String.UnicodeScalarView.SubSequence) throws {
        guard rest.starts(with: text.unicodeScalars) else {
            throw Fault(description: "\(text) expected before \(String(rest.prefix(40)))")
        }
        rest = rest.dropFirst(text.unicodeScalars.count)
    }

    private static func decoded(_ text: String.UnicodeScalarView.SubSequence) throws -> String {
        var read = String.UnicodeScalarView()
        var rest = text
        while let first = rest.first {
            rest = rest.dropFirst()
            guard first != ">", first != "<", first != "\"" || !text.isEmpty else {
                throw Fault(description: "a bare \(first)")
            }
            guard first == "&" else {
                read.append(first)
                continue
            }
            let reference = rest.prefix { $0 != ";" }
            guard let meaning = references[String(reference)] else {
                throw Fault(description: "unknown reference: &\(String(reference.prefix(10)))")
            }
            read.append(contentsOf: meaning.unicodeScalars)
            rest = rest[reference.endIndex...].dropFirst()
        }
        return String(read)
    }
}
