/// Header segments whose meaning is known: every token of an issuer begins with one of a few texts, one for each key.
///
/// Finding a segment here is the same as parsing it, since equal texts have equal headers; a header that is written in
/// another order is simply not found.
public struct KnownHeaders: Sendable {
    private let headers: [[UInt8]: JWSHeader]

    /// Knows none.
    public init() {
        headers = [:]
    }

    /// The headers that a Latchkey server writes for these keys.
    ///
    /// - Parameter type: `typ` of the tokens.
    public init(keys: some Sequence<VerificationKey>, type: String) {
        var headers: [[UInt8]: JWSHeader] = [:]
        for key in keys {
            let header = JWSHeader(algorithm: key.algorithm, type: type, keyID: key.keyID)
            headers[header.segment()] = header
        }
        self.headers = headers
    }

    /// The header that this segment encodes, if it is known.
    subscript(segment: ArraySlice<UInt8>) -> JWSHeader? {
        headers.isEmpty ? nil : headers[Array(segment)]
    }
}
