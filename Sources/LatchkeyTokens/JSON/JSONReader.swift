/// Reads one JSON text from front to back, a value at a time, without building a tree.
///
/// Stricter than RFC 8259 where leniency lets two readers disagree: UTF-8 only and no byte order mark, no duplicate
/// member names, no lone surrogates, no NUL even when escaped, capped in length and depth, nothing after the value.
struct JSONReader {
    private let bytes: [UInt8]
    private var position = 0
    private var depthLeft: Int

    /// - Throws: MalformedJSON `.tooLong`.
    init(_ bytes: [UInt8], maximumLength: Int, maximumDepth: Int) throws(MalformedJSON) {
        guard bytes.count <= maximumLength else { throw MalformedJSON(reason: .tooLong, offset: maximumLength) }
        self.bytes = bytes
        depthLeft = maximumDepth
    }

    /// The next significant byte, not consumed.
    mutating func peek() throws(MalformedJSON) -> UInt8 {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return bytes[position]
            }
        }
        throw failure(.truncated)
    }

    /// Succeeds when only white space is left.
    mutating func end() throws(MalformedJSON) {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: throw failure(.trailingBytes)
            }
        }
    }

    func failure(_ reason: MalformedJSON.Reason) -> MalformedJSON {
        MalformedJSON(reason: reason, offset: position)
    }

    // MARK: Structures

    /// Reads an object; `member` is called after each colon and must read exactly the member's value.
    mutating func object(
        _ member: (_ name: String, _ reader: inout JSONReader) throws(MalformedJSON) -> Void
    ) throws(MalformedJSON) {
        try open(UInt8(ascii: "{"))
        var names = SeenNames()
        if try closes(UInt8(ascii: "}")) { return }
        while true {
            guard try peek() == UInt8(ascii: "\"") else { throw failure(.unexpectedCharacter) }
            let start = position
            let name = try string()
            guard names.insert(name) else { throw MalformedJSON(reason: .duplicateName, offset: start) }
            guard try peek() == UInt8(ascii: ":") else { throw failure(.unexpectedCharacter) }
            position += 1
            try member(name, &self)
            if try closes(UInt8(ascii: "}")) { return }
            try comma()
        }
    }

    /// As ``object(_:)``, for a caller that needs only members with some names: `member` gets the index in `names`, or
    /// nil, and no string is made for those names.
    ///
    /// - Parameter names: in the order in which they usually appear; at most 32, of ASCII without escapes.
    mutating func object(
        of names: [[UInt8]], _ member: (_ place: Int?, _ reader: inout JSONReader) throws(MalformedJSON) -> Void
    ) throws(MalformedJSON) {
        try open(UInt8(ascii: "{"))
        var known: UInt32 = 0
        var others = SeenNames()
        var likely = 0
        if try closes(UInt8(ascii: "}")) { return }
        while true {
            guard try peek() == UInt8(ascii: "\"") else { throw failure(.unexpectedCharacter) }
            let start = position
            let place = try place(among: names, likely: likely, &others)
            if let place {
                guard known & 1 << place == 0 else { throw MalformedJSON(reason: .duplicateName, offset: start) }
                known |= 1 << place
                likely = place + 1
            }
            guard try peek() == UInt8(ascii: ":") else { throw failure(.unexpectedCharacter) }
            position += 1
            try member(place, &self)
            if try closes(UInt8(ascii: "}")) { return }
            try comma()
        }
    }

    /// Reads a name. A name that is not in `names` goes to `others`, where each may appear only once.
    private mutating func place(
        among names: [[UInt8]], likely: Int, _ others: inout SeenNames
    ) throws(MalformedJSON) -> Int? {
        // One may be missing.
        for place in likely..<min(likely + 2, names.count) where stands(names[place]) {
            position += names[place].count + 2
            return place
        }
        let start = position
        let name = try string()
        if let place = names.firstIndex(where: { name.utf8.elementsEqual($0) }) { return place }
        guard others.insert(name) else { throw MalformedJSON(reason: .duplicateName, offset: start) }
        return nil
    }

    /// Whether this name is here, between its quotation marks.
    private func stands(_ name: [UInt8]) -> Bool {
        let end = position + 1 + name.count
        guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return false }
        for index in name.indices where bytes[position + 1 + index] != name[index] { return false }
        return true
    }

    /// Reads an array; `element` is called before each element and must read exactly that element.
    mutating func array(
        _ element: (_ reader: inout JSONReader) throws(MalformedJSON) -> Void
    ) throws(MalformedJSON) {
        try open(UInt8(ascii: "["))
        if try closes(UInt8(ascii: "]")) { return }
        while true {
            try element(&self)
            if try closes(UInt8(ascii: "]")) { return }
            try comma()
        }
    }

    private mutating func open(_ bracket: UInt8) throws(MalformedJSON) {
        guard try peek() == bracket else { throw failure(.unexpectedType) }
        guard depthLeft > 0 else { throw failure(.tooDeep) }
        depthLeft -= 1
        position += 1
    }

    private mutating func closes(_ bracket: UInt8) throws(MalformedJSON) -> Bool {
        guard try peek() == bracket else { return false }
        depthLeft += 1
        position += 1
        return true
    }

    private mutating func comma() throws(MalformedJSON) {
        guard try peek() == UInt8(ascii: ",") else { throw failure(.unexpectedCharacter) }
        position += 1
    }

    /// Reads `true`, `false` or `null`.
    mutating func literal() throws(MalformedJSON) -> Bool? {
        let (word, value): (StaticString, Bool?) =
            switch try peek() {
            case UInt8(ascii: "t"): ("true", true)
            case UInt8(ascii: "f"): ("false", false)
            case UInt8(ascii: "n"): ("null", nil)
            default: throw failure(.unexpectedType)
            }
        for character in String(describing: word).utf8 {
            guard position < bytes.count else { throw failure(.truncated) }
            guard bytes[position] == character else { throw failure(.unexpectedCharacter) }
            position += 1
        }
        return value
    }

    /// Skips any value, checked as strictly as if it were kept, and returns its bytes as written.
    mutating func written() throws(MalformedJSON) -> ArraySlice<UInt8> {
        _ = try peek()
        let start = position
        try StrictJSON.skip(&self)
        return bytes[start..<position]
    }

    // MARK: Numbers

    /// A number as written: an integer literal that fits is exact, everything else is the nearest Double.
    enum Number {
        case integer(Int64)
        case real(Double)
    }

    /// Reads an integer literal that fits 64 bits: no fraction, no exponent.
    mutating func integer() throws(MalformedJSON) -> Int64 {
        _ = try peek()
        let start = position
        guard case .integer(let value) = try number() else {
            throw MalformedJSON(reason: .unexpectedType, offset: start)
        }
        return value
    }

    mutating func number() throws(MalformedJSON) -> Number {
        let first = try peek()
        let start = position
        let negative = first == UInt8(ascii: "-")
        guard negative || Self.isDigit(first) else { throw failure(.unexpectedType) }
        if negative { position += 1 }
        let leadingZero = position < bytes.count && bytes[position] == UInt8(ascii: "0")
        let digits = try self.digits()
        guard !leadingZero || digits == 1 else { throw MalformedJSON(reason: .badNumber, offset: start) }
        var isInteger = true
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            _ = try self.digits()
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            _ = try self.digits()
        }
        if isInteger, let value = exactInteger(from: negative ? start + 1 : start, negative: negative) {
            return .integer(value)
        }
        guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)), value.isFinite else {
            throw MalformedJSON(reason: .badNumber, offset: start)
        }
        return .real(value)
    }

    private func exactInteger(from start: Int, negative: Bool) -> Int64? {
        var value: Int64 = 0
        for digit in bytes[start..<position] {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let amount = Int64(digit - UInt8(ascii: "0"))
            let (sum, carry) =
                negative ? product.subtractingReportingOverflow(amount) : product.addingReportingOverflow(amount)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    private mutating func digits() throws(MalformedJSON) -> Int {
        let start = position
        while position < bytes.count, Self.isDigit(bytes[position]) { position += 1 }
        guard position > start else { throw failure(position < bytes.count ? .badNumber : .truncated) }
        return position - start
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    // MARK: Strings

    mutating func string() throws(MalformedJSON) -> String {
        guard try peek() == UInt8(ascii: "\"") else { throw failure(.unexpectedType) }
        let start = position + 1
        let bytes = bytes
        var end = start
        var combined: UInt8 = 0
        while end < bytes.count {
            let byte = bytes[end]
            switch byte {
            case UInt8(ascii: "\""):
                position = end + 1
                let content = bytes[start..<end]
                // Plain ASCII is UTF-8 without a check, which is most of the work for short strings.
                return combined < 0x80 ? String(decoding: content, as: UTF8.self) : try text(of: content, at: start)
            case UInt8(ascii: "\\"):
                position = end
                return try escapedString(from: start)
            case 0..<0x20:
                position = end
                throw failure(.unexpectedCharacter)
            default:
                combined |= byte
                end += 1
            }
        }
        position = end
        throw failure(.truncated)
    }

    /// The slower path, from the first backslash on.
    private mutating func escapedString(from start: Int) throws(MalformedJSON) -> String {
        var content = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return try text(of: content[...], at: start)
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &content)
            case 0..<0x20:
                throw failure(.unexpectedCharacter)
            default:
                content.append(byte)
                position += 1
            }
        }
        throw failure(.truncated)
    }

    private mutating func escape(into content: inout [UInt8]) throws(MalformedJSON) {
        guard position < bytes.count else { throw failure(.truncated) }
        let character = bytes[position]
        position += 1
        switch character {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(character)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): content.append(contentsOf: try scalar().utf8)
        default: throw failure(.badEscape)
        }
    }

    private mutating func scalar() throws(MalformedJSON) -> Character {
        var code = try hexadecimal()
        if (0xD800...0xDBFF).contains(code) {
            for expected in [UInt8(ascii: "\\"), UInt8(ascii: "u")] {
                guard position < bytes.count else { throw failure(.truncated) }
                guard bytes[position] == expected else { throw failure(.badEscape) }
                position += 1
            }
            let low = try hexadecimal()
            guard (0xDC00...0xDFFF).contains(low) else { throw failure(.badEscape) }
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
        }
        // C strings end at NUL: two programs would read different texts.
        guard code != 0, let scalar = Unicode.Scalar(code) else { throw failure(.badEscape) }
        return Character(scalar)
    }

    private mutating func hexadecimal() throws(MalformedJSON) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count else { throw failure(.truncated) }
            guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw failure(.badEscape)
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    private func text(of content: ArraySlice<UInt8>, at start: Int) throws(MalformedJSON) -> String {
        guard let text = String(validating: content, as: UTF8.self) else {
            throw MalformedJSON(reason: .notUTF8, offset: start)
        }
        return text
    }

    /// The names of an object so far, compared as bytes: Swift's `==` considers some different spellings equal.
    private struct SeenNames {
        private var few: [(length: Int, name: String)] = []
        private var many: Set<[UInt8]> = []

        mutating func insert(_ name: String) -> Bool {
            guard many.isEmpty else { return many.insert(Array(name.utf8)).inserted }
            let length = name.utf8.count
            for seen in few where seen.length == length {
                // If `==` says that they differ, their bytes differ too; it is the faster check.
                if seen.name == name, seen.name.utf8.elementsEqual(name.utf8) { return false }
            }
            if few.isEmpty { few.reserveCapacity(16) }
            few.append((length, name))
            // Beyond a handful, comparing with each would cost quadratic time.
            if few.count > 16 { many = Set(few.map { Array($0.name.utf8) }) }
            return true
        }
    }
}
