/// The statuses of many tokens as one bit array (Token Status List, section 4.1): the status at index i is `width` bits
/// of byte i · width / 8, counted from the least significant one. The caller does the compression.
package struct StatusList: Sendable, Hashable {
    /// Bits of each status.
    package enum Width: Int, Sendable, Hashable, CaseIterable {
        /// Two values: valid and invalid.
        case one = 1
        /// Four values.
        case two = 2
        /// Sixteen values.
        case four = 4
        /// 256 values.
        case eight = 8
    }

    /// `bits`
    package let width: Width
    /// The array before compression.
    package private(set) var bytes: [UInt8]

    /// A list in which every token has the same status.
    ///
    /// - Parameters:
    ///   - count: of statuses; rounded up to whole bytes.
    ///   - status: it must fit into `width`.
    package init(width: Width, count: Int, filledWith status: TokenStatus = .valid) {
        let mask = Self.mask(width)
        precondition(count >= 0 && status.rawValue & ~mask == 0, "the status does not fit into the list")
        let perByte = 8 / width.rawValue
        let byte = (0..<perByte).reduce(UInt8(0)) { $0 | status.rawValue << UInt8($1 * width.rawValue) }
        self.width = width
        bytes = [UInt8](repeating: byte, count: (count + perByte - 1) / perByte)
    }

    /// A list from another issuer, decompressed.
    package init(width: Width, bytes: [UInt8]) {
        self.width = width
        self.bytes = bytes
    }

    /// How many statuses there are.
    package var count: Int { bytes.count * (8 / width.rawValue) }

    /// The status at an index below ``count``. For an index from outside use ``status(at:)``.
    package subscript(index: Int) -> TokenStatus {
        get {
            let (byte, shift) = place(of: index)
            return TokenStatus(rawValue: bytes[byte] >> shift & Self.mask(width))
        }
        set {
            let (byte, shift) = place(of: index)
            let mask = Self.mask(width)
            precondition(newValue.rawValue & ~mask == 0, "the status does not fit into the list")
            bytes[byte] = bytes[byte] & ~(mask << shift) | newValue.rawValue << shift
        }
    }

    /// The status at any index; nil beyond the end, where the list makes no statement and the token must be refused.
    package func status(at index: Int64) -> TokenStatus? {
        guard index >= 0, index < Int64(count) else { return nil }
        return self[Int(index)]
    }

    private func place(of index: Int) -> (byte: Int, shift: UInt8) {
        let bit = index * width.rawValue
        return (bit / 8, UInt8(bit % 8))
    }

    private static func mask(_ width: Width) -> UInt8 {
        UInt8(truncatingIfNeeded: 1 << width.rawValue - 1)
    }
}

/// A status type value (section 7.1). Every value except ``valid`` is a reason to refuse the token.
package struct TokenStatus: Sendable, Hashable, RawRepresentable {
    /// 0 to 255; values without a name here are reserved or mean something to one application.
    package let rawValue: UInt8

    /// A status of this value.
    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Not revoked.
    package static let valid = TokenStatus(rawValue: 0)
    /// Revoked permanently.
    package static let invalid = TokenStatus(rawValue: 1)
    /// Temporarily not valid. Never set by us.
    package static let suspended = TokenStatus(rawValue: 2)
}

/// The claim `status.status_list` of a token: the location of its status (section 6.2).
public struct StatusReference: Sendable, Hashable {
    /// `idx`: 0 or greater.
    public let index: Int64
    /// `uri`: of the status list token, compared byte for byte with its `sub`.
    public let uri: String

    /// A reference to be issued.
    package init(index: Int64, uri: String) {
        self.index = index
        self.uri = uri
    }

    /// Reads the value of a `status` claim: nil when it names only other mechanisms.
    /// - Throws: ``MalformedToken`` `.badClaim`.
    init?(claim value: JSONValue) throws(MalformedToken) {
        guard let mechanisms = value.object else { throw MalformedToken(.badClaim, member: "status") }
        guard let list = mechanisms["status_list"] else { return nil }
        guard let index = list.object?["idx"]?.integer, index >= 0,
            let uri = list.object?["uri"]?.string, (1...2048).contains(uri.utf8.count)
        else { throw MalformedToken(.badClaim, member: "status") }
        self.init(index: index, uri: uri)
    }

    /// Writes the value of the `status` claim.
    func write(to json: inout JSONWriter) {
        json.member(
            "status_list",
            object: { json in
                json.member("idx", index)
                json.member("uri", uri)
            })
    }
}
