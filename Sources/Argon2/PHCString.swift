internal import LatchkeyBytes

/// A stored Argon2 hash in the PHC string format: variant, cost, salt and tag in one line of text.
///
/// `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`, salt and tag in base64 without padding. Hashes of other systems may
/// have the three costs in another order, and padding. Equality is for tests and bookkeeping; verifying a password
/// compares tags in constant time elsewhere.
package struct PHCString: Sendable, Equatable {
    /// Longest accepted text in bytes. Ours have 97; the longest that the other limits allow is under 230.
    package static let maximumLength = 512
    /// Accepted bytes of salt. Ours have 16, RFC 9106 section 3.1.
    package static let saltLengths = 8...64
    /// Accepted bytes of tag. Ours have 32.
    package static let tagLengths = 16...64
    /// The only accepted version of the algorithm, 0x13; version 0x10 has a weaker memory pattern.
    package static let version = 19

    static let ownSaltLength = 16
    static let ownTagLength = 32

    /// Argon2id for all our hashes.
    package let variant: Argon2Variant
    /// The cost of the hash, always within the limits of `Argon2Parameters`.
    package let parameters: Argon2Parameters
    /// 8 to 64 bytes, 16 in ours.
    package let salt: [UInt8]
    /// 16 to 64 bytes, 32 in ours.
    package let tag: [UInt8]

    /// A hash whose parts came in another text form than a PHC string.
    /// - Throws: `.salt`, `.tag` for lengths outside the bounds.
    package init(
        variant: Argon2Variant, parameters: Argon2Parameters, checkingSalt salt: [UInt8], tag: [UInt8]
    ) throws(MalformedPHCString) {
        guard Self.saltLengths.contains(salt.count) else { throw .salt }
        guard Self.tagLengths.contains(tag.count) else { throw .tag }
        self.init(variant: variant, parameters: parameters, salt: salt, tag: tag)
    }

    /// The lengths were checked by the caller: the parser, or the pool with its own constants.
    init(variant: Argon2Variant, parameters: Argon2Parameters, salt: [UInt8], tag: [UInt8]) {
        self.variant = variant
        self.parameters = parameters
        self.salt = salt
        self.tag = tag
    }

    /// Whether a login that verified against this hash should store a new one: weaker parameters than `policy`, another
    /// variant than Argon2id, or a shorter salt or tag than ours.
    package func needsRehash(for policy: Argon2Parameters) -> Bool {
        variant != .argon2id || salt.count < Self.ownSaltLength || tag.count < Self.ownTagLength
            || parameters.isWeaker(than: policy)
    }
}

extension PHCString: CustomStringConvertible {
    /// The text to store. Parsing it gives an equal value back.
    package var description: String {
        let cost = "m=\(parameters.memoryKiB),t=\(parameters.iterations),p=\(parameters.parallelism)"
        return
            "$\(variant.rawValue)$v=\(Self.version)$\(cost)$\(Base64.string(salt, padded: false))$\(Base64.string(tag, padded: false))"
    }
}

/// Why a text is not a hash that this server reads.
package enum MalformedPHCString: Error, Equatable {
    /// Longer than 512 bytes.
    case tooLong
    /// Not five parts, each after a `$`.
    case structure
    /// Not argon2id, argon2i or argon2d.
    case variant
    /// Not `v=19`.
    case version
    /// The cost is not made of `m=<number>`, `t=<number>` and `p=<number>`, each once, without leading zeros.
    case parameters
    /// One of the three costs is missing: its letter.
    case missing(Character)
    /// The cost is written correctly but outside the bounds.
    case outOfBounds(Argon2ParametersError)
    /// The salt is not base64 of 8 to 64 bytes.
    case salt
    /// The tag is not base64 of 16 to 64 bytes.
    case tag
}

extension PHCString {
    /// Reads a stored or imported hash. Strict: text that two readers could take for two hashes is refused here and not
    /// interpreted. The costs may come in any order, salt and tag with padding.
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
        guard let salt = Base64.decode(parts[4]), Self.saltLengths.contains(salt.count) else { throw .salt }
        guard let tag = Base64.decode(parts[5]), Self.tagLengths.contains(tag.count) else { throw .tag }
        self.init(variant: variant, parameters: parameters, salt: salt, tag: tag)
    }

    private static func parameters(_ text: ArraySlice<UInt8>) throws(MalformedPHCString) -> Argon2Parameters {
        var costs: [UInt8: Int] = [:]
        for field in text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let letter = field.first, "mtp".utf8.contains(letter), costs[letter] == nil,
                field.dropFirst().first == UInt8(ascii: "="), let value = number(in: field.dropFirst(2), after: "")
            else { throw .parameters }
            costs[letter] = value
        }
        guard let memoryKiB = costs[UInt8(ascii: "m")] else { throw .missing("m") }
        guard let iterations = costs[UInt8(ascii: "t")] else { throw .missing("t") }
        guard let parallelism = costs[UInt8(ascii: "p")] else { throw .missing("p") }
        do {
            return try Argon2Parameters(memoryKiB: memoryKiB, iterations: iterations, parallelism: parallelism)
        } catch {
            throw .outOfBounds(error)
        }
    }

    /// Only digits, no sign, no leading zero; ten of them hold any 32-bit number and cannot overflow.
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
