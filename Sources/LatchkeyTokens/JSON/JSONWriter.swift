/// Writes compact JSON straight into bytes, for the hot paths: claims, token responses, lists.
///
/// Members appear in the order of the calls. Names are not checked for duplicates: they are ours.
package struct JSONWriter: Sendable {
    /// What has been written so far.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// - Parameter capacity: the expected length in bytes.
    package init(reserving capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// The bytes of one object.
    package static func object(
        reserving capacity: Int = 256,
        _ body: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter(reserving: capacity)
        writer.object(body)
        return writer.bytes
    }

    // MARK: Values: the whole text, or the next element of an array

    /// An object whose members `body` writes.
    package mutating func object(_ body: (inout JSONWriter) -> Void) {
        enclose(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// An array whose elements `body` writes.
    package mutating func array(_ body: (inout JSONWriter) -> Void) {
        enclose(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    /// A string.
    package mutating func string(_ value: String) {
        separate()
        quote(value)
    }

    /// An integer.
    package mutating func integer(_ value: some BinaryInteger) {
        separate()
        digits(Int64(clamping: value))
    }

    /// `true` or `false`.
    package mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// `null`.
    package mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// JSON that is already encoded; the caller vouches for it.
    package mutating func encoded(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// Any value that ``StrictJSON`` has parsed.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .integer(let value): integer(value)
        case .number(let value): encoded(Array(value.description.utf8))
        case .string(let value): string(value)
        case .array(let elements): array { for element in elements { $0.value(element) } }
        case .object(let object): self.object { for member in object.members { $0.member(member.name, member.value) } }
        }
    }

    // MARK: Members of an object

    /// A member with a string.
    package mutating func member(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }

    /// A member with an integer; the usual type, which needs no look-up at run time.
    package mutating func member(_ name: String, _ value: Int) {
        self.name(name)
        separate()
        digits(Int64(value))
    }

    /// A member with an integer.
    package mutating func member(_ name: String, _ value: Int64) {
        self.name(name)
        separate()
        digits(value)
    }

    /// A member with an integer.
    package mutating func member(_ name: String, _ value: some BinaryInteger) {
        self.name(name)
        integer(value)
    }

    /// A member with the id of a session.
    package mutating func member(_ name: String, _ session: SessionID) {
        self.name(name)
        separate()
        bytes.append(UInt8(ascii: "\""))
        session.value.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// A member with a scope; its grammar has no character to escape.
    package mutating func member(_ name: String, _ scope: Scope) {
        self.name(name)
        separate()
        bytes.append(UInt8(ascii: "\""))
        var isFirst = true
        for token in scope.tokens {
            if !isFirst { bytes.append(UInt8(ascii: " ")) }
            isFirst = false
            bytes.append(contentsOf: token.utf8)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A member with a boolean.
    package mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    /// A member with an array of strings.
    package mutating func member(_ name: String, _ values: [String]) {
        self.name(name)
        array { for value in values { $0.string(value) } }
    }

    /// A member with any value that ``StrictJSON`` has parsed.
    package mutating func member(_ name: String, _ value: JSONValue) {
        self.name(name)
        self.value(value)
    }

    /// A member with JSON that is already encoded.
    package mutating func member(_ name: String, encoded json: [UInt8]) {
        self.name(name)
        encoded(json)
    }

    /// A member with a string without characters to escape, such as a compact JWS; the caller vouches for it.
    package mutating func member(_ name: String, plain text: [UInt8]) {
        self.name(name)
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text)
        bytes.append(UInt8(ascii: "\""))
    }

    /// A member with an object.
    package mutating func member(_ name: String, object body: (inout JSONWriter) -> Void) {
        self.name(name)
        object(body)
    }

    /// A member with an array.
    package mutating func member(_ name: String, array body: (inout JSONWriter) -> Void) {
        self.name(name)
        array(body)
    }

    // MARK: Parts

    private mutating func name(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func enclose(_ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(open)
        needsComma = false
        body(&self)
        bytes.append(close)
        needsComma = true
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        // Most text has nothing to escape: the part before the first such character needs no more space than it has.
        let text = text.utf8.span
        var count = 0
        bytes.append(addingCapacity: text.count + 1) { plain in
            while count < text.count, !Self.needsEscape(text[count]) {
                plain.append(text[count])
                count += 1
            }
        }
        for index in count..<text.count { escape(text[index]) }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0..<0x20:
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(UInt8(ascii: "0") + (byte >> 4))
            let low = byte & 0x0F
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        default:
            bytes.append(byte)
        }
    }

    private mutating func digits(_ value: Int64) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var magnitude = value.magnitude
        // From the end; the longest is that of the smallest number, 19 digits.
        var digits = InlineArray<19, UInt8>(repeating: 0)
        var start = digits.count
        repeat {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(magnitude % 10)
            magnitude /= 10
        } while magnitude > 0
        for index in start..<digits.count { bytes.append(digits[index]) }
    }
}
