extension PHCString {
    /// Reads a stored or imported hash. Strict: one value has one spelling, so text that was altered is refused here
    /// and not interpreted.
    /// - Throws: the first thing that is wrong, from left to right.
    package init(parsing text: String) throws(MalformedPHCString) {
        guard text.utf8.count <= Self.maximumLength else { throw .tooLong }
        // "$a$b$c$d$e" splits into an empty part and five more.
        let parts = Array(text.utf8).split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].isEmpty else { throw .structure }

        guard let variant = Argon2Variant.allCases.first(where: { $0.rawValue.utf8.elementsEqual(parts[1]) }) else {
            throw .variant
        }
        guard Self.number(in: parts[2], after: "v=") == Self.version else { throw .version }
        let parameters = try Self.parameters(parts[3])
        guard let salt = PHCBase64.decode(parts[4]), Self.saltLengths.contains(salt.count) else { throw .salt }
        guard let tag = PHCBase64.decode(parts[5]), Self.tagLengths.contains(tag.count) else { throw .tag }
        self.init(variant: variant, parameters: parameters, salt: salt, tag: tag)
    }

    private static func parameters(_ text: ArraySlice<UInt8>) throws(MalformedPHCString) -> Argon2Parameters {
        let fields = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard fields.count == 3,
            let memoryKiB = number(in: fields[0], after: "m="),
            let iterations = number(in: fields[1], after: "t="),
            let parallelism = number(in: fields[2], after: "p=")
        else { throw .parameters }
        do {
            return try Argon2Parameters(memoryKiB: memoryKiB, iterations: iterations, parallelism: parallelism)
        } catch {
            throw .outOfBounds(error)
        }
    }

    /// Digits only, no sign, no leading zero; ten of them hold any 32-bit number and cannot overflow.
    private static func number(in field: ArraySlice<UInt8>, after label: StaticString) -> Int? {
        let label = label.description.utf8
        guard field.starts(with: label) else { return nil }
        let digits = field.dropFirst(label.count)
        guard (1...10).contains(digits.count) else { return nil }
        guard digits.first != UInt8(ascii: "0") || digits.count == 1 else { return nil }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }
}
