import Glibc

/// What each reading has to come to, told on bytes alone: no `String` takes part. Written from the grammars and not from
/// the code under test, in the plainest way.
enum ByteReference {
    // MARK: Bytes

    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    static func cut(_ text: [UInt8], at separator: Character) -> [[UInt8]] {
        let separator = separator.asciiValue ?? 0
        var pieces: [[UInt8]] = [[]]
        for byte in text {
            if byte == separator { pieces.append([]) } else { pieces[pieces.count - 1].append(byte) }
        }
        return pieces
    }

    static func trimmed(_ text: [UInt8]) -> [UInt8] {
        var text = text
        while let byte = text.first, byte == 0x20 || byte == 0x09 { text.removeFirst() }
        while let byte = text.last, byte == 0x20 || byte == 0x09 { text.removeLast() }
        return text
    }

    static func lower(_ text: [UInt8]) -> [UInt8] { text.map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 } }

    /// How many bytes at the front are one character of UTF-8 (Unicode, table 3-7); negative: how many belong together
    /// as the beginning of none.
    private static func character(_ text: ArraySlice<UInt8>) -> Int {
        let bytes = Array(text.prefix(4))
        let continuations: [ClosedRange<UInt8>]
        switch bytes[0] {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: continuations = [0x80...0xBF]
        case 0xE0: continuations = [0xA0...0xBF, 0x80...0xBF]
        case 0xED: continuations = [0x80...0x9F, 0x80...0xBF]
        case 0xE1...0xEF: continuations = [0x80...0xBF, 0x80...0xBF]
        case 0xF0: continuations = [0x90...0xBF, 0x80...0xBF, 0x80...0xBF]
        case 0xF1...0xF3: continuations = [0x80...0xBF, 0x80...0xBF, 0x80...0xBF]
        case 0xF4: continuations = [0x80...0x8F, 0x80...0xBF, 0x80...0xBF]
        default: return -1
        }
        for (index, range) in continuations.enumerated() {
            guard index + 1 < bytes.count, range.contains(bytes[index + 1]) else { return -(index + 1) }
        }
        return continuations.count + 1
    }

    static func isUTF8(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        while !rest.isEmpty {
            let length = character(rest)
            if length < 0 { return false }
            rest = rest.dropFirst(length)
        }
        return true
    }

    /// A header line as it reaches the code: what is no UTF-8 becomes U+FFFD, controls become spaces, outer ones go.
    static func line(_ text: [UInt8]) -> [UInt8] {
        var line: [UInt8] = []
        var rest = text[...]
        while !rest.isEmpty {
            let length = character(rest)
            line += length > 0 ? Array(rest.prefix(length)) : [0xEF, 0xBF, 0xBD]
            rest = rest.dropFirst(abs(length))
        }
        return trimmed(line.map { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F ? 0x20 : $0 })
    }

    static func elements(_ lines: [[UInt8]]) -> [[UInt8]] {
        lines.flatMap { cut($0, at: ",") }.map(trimmed).filter { !$0.isEmpty }
    }

    // MARK: Forwarding

    /// The bytes of an IP address; an IPv4 one that is written as IPv6 counts as IPv4.
    static func address(_ text: [UInt8]) -> [UInt8]? {
        guard !text.contains(0), text.count <= 45 else { return nil }
        let isIPv4 = !text.contains(0x3A)
        var result = [UInt8](repeating: 0, count: isIPv4 ? 4 : 16)
        let terminated = (text + [0]).map { CChar(bitPattern: $0) }
        // Both arrays live for the call, and the text ends with NUL.
        guard unsafe inet_pton(isIPv4 ? AF_INET : AF_INET6, terminated, &result) == 1 else { return nil }
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        return result.count == 16 && Array(result[..<12]) == mapped ? Array(result[12...]) : result
    }

    private static func isPort(_ text: [UInt8]) -> Bool {
        if text.isEmpty { return true }
        guard text[0] == 0x3A, text.count > 1 else { return false }
        let port = Array(text[1...])
        let isDigits = port.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        return port[0] == 0x5F ? port.count > 1 && port.allSatisfy(isToken) : port.count <= 5 && isDigits
    }

    static func isToken(_ byte: UInt8) -> Bool {
        let separators = bytes("\"(),/:;<=>?@[\\]{}")
        return byte > 0x20 && byte < 0x7F && !separators.contains(byte)
    }

    private static func hop(_ text: [UInt8]) -> [UInt8]? {
        if text.first == 0x5B {
            guard let end = text.firstIndex(of: 0x5D) else { return nil }
            return isPort(Array(text[(end + 1)...])) ? address(Array(text[1..<end])) : nil
        }
        let parts = cut(text, at: ":")
        guard parts.count == 2 else { return address(text) }
        return isPort([0x3A] + parts[1]) ? address(parts[0]) : nil
    }

    /// Pieces between separators that stand in no quoted string, found on the reversed text: a string begins at a quote
    /// and ends at the next one that an even number of backslashes follows. Nil is what a string never ended in.
    private static func pieces(_ text: [UInt8], at separator: String) -> [[UInt8]?] {
        let cut = bytes(separator)[0]
        var rest = Array(text.reversed())
        var pieces: [[UInt8]?] = []
        var piece: [UInt8] = []
        while let byte = rest.first {
            rest.removeFirst()
            if byte == cut {
                pieces.append(piece)
                piece = []
                continue
            }
            piece.append(byte)
            guard byte == 0x22 else { continue }
            var isClosed = false
            while !isClosed {
                guard let inner = rest.first else {
                    return (pieces + [nil]).map { $0.map(back) }.reversed().filter(isKept)
                }
                rest.removeFirst()
                piece.append(inner)
                isClosed = inner == 0x22 && rest.prefix { $0 == 0x5C }.count.isMultiple(of: 2)
            }
        }
        return (pieces + [piece]).map { $0.map(back) }.reversed().filter(isKept)
    }

    private static func back(_ text: [UInt8]) -> [UInt8] { trimmed(Array(text.reversed())) }

    private static func isKept(_ piece: [UInt8]?) -> Bool { piece != [] }

    private static func forwardedHop(_ element: [UInt8]) -> [UInt8]? {
        let values = pieces(element, at: ";").compactMap { $0 }.filter { lower(Array($0.prefix(4))) == bytes("for=") }
        guard values.count == 1 else { return nil }
        var value = Array(values[0].dropFirst(4))
        if value.count >= 2, value.first == 0x22, value.last == 0x22 { value = Array(value.dropFirst().dropLast()) }
        return hop(value)
    }

    /// The address that a request from `peer` counts for, when 10.0.0.0/8 is trusted.
    static func client(peer: [UInt8], xForwardedFor: [[UInt8]], forwarded: [[UInt8]]) -> [UInt8] {
        let isTrusted = { (address: [UInt8]) in address.count == 4 && address[0] == 10 }
        var found: Set<[UInt8]> = []
        let lists: [(lines: [[UInt8]], hops: [[UInt8]?])] = [
            (xForwardedFor, elements(xForwardedFor).suffix(32).map(hop)),
            (forwarded, forwarded.flatMap { pieces($0, at: ",") }.suffix(32).map { $0.flatMap(forwardedHop) }),
        ]
        for (lines, hops) in lists where !lines.isEmpty {
            var last = peer
            for read in hops.reversed() {
                guard let address = read else { break }
                last = address
                if !isTrusted(address) { break }
            }
            found.insert(last)
        }
        return isTrusted(peer) && found.count == 1 ? found.first ?? peer : peer
    }

    // MARK: Cookies, conditions, negotiation

    /// The value under a name; `["?"]`-like texts for none and several.
    static func cookie(_ name: String, _ lines: [[UInt8]]) -> String {
        var values: [[UInt8]] = []
        for item in lines.flatMap({ cut($0, at: ";") }) {
            let item = Array(item.drop { $0 == 0x20 || $0 == 0x09 })
            guard let equals = item.firstIndex(of: 0x3D), Array(item[..<equals]) == bytes(name) else { continue }
            values.append(Array(item[(equals + 1)...]))
        }
        guard values.count < 2 else { return "ambiguous" }
        let forbidden = bytes("\",;\\")
        guard let value = values.first, value.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !forbidden.contains($0) }) else {
            return "absent"
        }
        return "value " + String(decoding: value, as: UTF8.self)
    }

    /// Whether an entity tag `abc` is among those of `If-None-Match`.
    static func matches(_ lines: [[UInt8]]) -> Bool {
        guard !lines.isEmpty else { return false }
        let text = Array(lines.joined(separator: [0x2C]))
        if trimmed(text) == [0x2A] { return true }
        var isFound = false
        var index = 0
        while true {
            while index < text.count, [0x20, 0x09, 0x2C].contains(text[index]) { index += 1 }
            if index == text.count { return isFound }
            if text[index] == 0x57, index + 1 < text.count, text[index + 1] == 0x2F { index += 2 }
            guard index < text.count, text[index] == 0x22 else { return false }
            var tag: [UInt8] = []
            index += 1
            while index < text.count, text[index] != 0x22 {
                tag.append(text[index])
                index += 1
            }
            if index == text.count { return false }
            index += 1
            if tag == bytes("abc") { isFound = true }
        }
    }

    /// The weight, in thousandths, of each of the first 64 elements of `Accept`.
    private static func weights(_ lines: [[UInt8]]) -> [(name: [UInt8], weight: Int)] {
        elements(lines).prefix(64).map { element in
            let parts = cut(element, at: ";").map { lower(trimmed($0)) }
            guard let weight = parts.dropFirst().first(where: { $0.starts(with: bytes("q=")) }) else {
                return (parts[0], 1000)
            }
            let number = cut(Array(weight.dropFirst(2)), at: ".")
            let digits = number.joined()
            guard number.count <= 2, !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
                number[0].count <= 4
            else { return (parts[0], 0) }
            let fraction = Array(((number.count == 2 ? number[1] : []) + bytes("000")).prefix(3))
            let value = (number[0] + fraction).reduce(0) { $0 * 10 + Int($1) - 0x30 }
            return (parts[0], value > 1000 ? 0 : value)
        }
    }

    private static func weight(of names: [String], _ lines: [[UInt8]]) -> Int? {
        let weights = weights(lines)
        for name in names {
            if let found = weights.first(where: { $0.name == bytes(name) }) { return found.weight }
        }
        return nil
    }

    static func allowsGzip(_ lines: [[UInt8]]) -> Bool { weight(of: ["gzip", "x-gzip", "*"], lines) ?? 0 > 0 }

    static func names(_ type: String, _ lines: [[UInt8]]) -> Bool { weight(of: [type], lines) ?? 0 > 0 }

    static func prefers(_ type: String, _ lines: [[UInt8]]) -> Bool {
        guard let wanted = weight(of: [type], lines), wanted > 0 else { return false }
        return wanted >= weight(of: ["application/json", "application/*", "*/*"], lines) ?? 0
    }

    /// `type/subtype` of a content type; nil unless it can be believed.
    static func essence(_ lines: [[UInt8]]) -> [UInt8]? {
        guard lines.count == 1, lines[0].count <= 256 else { return nil }
        let parts = cut(lines[0], at: ";").map(trimmed)
        let names = cut(parts[0], at: "/")
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isToken) }) else { return nil }
        for parameter in parts.dropFirst() {
            let pair = parameter.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
            guard pair.count == 2, lower(trimmed(pair[0])) == bytes("charset") else { continue }
            let accepted = ["utf-8", "utf8", "\"utf-8\"", "\"utf8\""].map(bytes)
            guard accepted.contains(lower(trimmed(pair[1]))) else { return nil }
        }
        return lower(parts[0])
    }

    // MARK: Credentials

    /// What a reader of one scheme finds: `none`, `refused`, or what follows the scheme.
    static func credentials(_ scheme: String, _ lines: [[UInt8]]) -> [UInt8]?? {
        guard lines.count <= 1 else { return .some(nil) }
        guard let line = lines.first else { return .none }
        let name = Array(line.prefix { $0 != 0x20 })
        return lower(name) == bytes(scheme) ? .some(trimmed(Array(line.dropFirst(name.count)))) : .none
    }
}
