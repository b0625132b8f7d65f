/// Header segments whose meaning is known: every token of an issuer begins with one of a few texts, one for each key.
///
/// Finding a segment here has the same result as parsing it, because equal texts have equal headers. A header that is
/// written in another order is simply not found.
package struct KnownHeaders: Sendable {
    private let headers: [(segment: [UInt8], header: JWSHeader)]

    /// Knows no headers.
    package init() {
        headers = []
    }

    /// The headers that a Latchkey server writes for these keys.
    ///
    /// - Parameter type: `typ` of the tokens.
    package init(keys: some Sequence<VerificationKey>, type: String) {
        headers = keys.map { key in
            let header = JWSHeader(algorithm: key.algorithm, type: type, keyID: key.keyID)
            return (header.segment(), header)
        }
    }

    /// The header that this segment encodes, if it is known.
    subscript(segment: ArraySlice<UInt8>) -> JWSHeader? {
        for known in headers where Self.isSame(known.segment, segment) { return known.header }
        return nil
    }

    /// Compares from the end: the beginnings are alike for all keys, the names are not.
    private static func isSame(_ known: [UInt8], _ segment: ArraySlice<UInt8>) -> Bool {
        let (known, segment) = (known.span, segment.span)
        guard known.count == segment.count else { return false }
        var index = known.count
        while index > 0 {
            index -= 1
            guard known[index] == segment[index] else { return false }
        }
        return true
    }
}
