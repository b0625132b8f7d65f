/// A JWS in compact serialisation, RFC 7515 section 7.1, taken apart but not yet believed.
///
/// Only base64url without padding and exactly two dots; no JSON serialisation, no white space, no second spelling.
public struct JWS: Sendable {
    /// The longest token that is read, in characters, unless the caller says otherwise.
    public static let maximumLength = 8192

    /// The protected header.
    public let header: JWSHeader
    /// The decoded payload.
    public let payload: [UInt8]
    /// The decoded signature, of any length.
    public let signature: [UInt8]
    /// What was signed: the first two parts as received, with their dot.
    public let signingInput: [UInt8]

    /// Takes the text apart.
    ///
    /// - Parameter maximumLength: in characters; checked before anything is decoded.
    /// - Throws: ``MalformedToken``.
    public init(parsing text: [UInt8], maximumLength: Int = JWS.maximumLength) throws(MalformedToken) {
        guard text.count <= maximumLength else { throw MalformedToken(.tooLong) }
        let dot = UInt8(ascii: ".")
        guard let first = text.firstIndex(of: dot), let second = text[(first + 1)...].firstIndex(of: dot),
            !text[(second + 1)...].contains(dot), first > 0
        else { throw MalformedToken(.notCompact) }
        guard first <= JWSHeader.maximumLength else { throw MalformedToken(.tooLong) }
        guard let header = Base64URL.decode(text[..<first]),
            let payload = Base64URL.decode(text[(first + 1)..<second]),
            let signature = Base64URL.decode(text[(second + 1)...])
        else { throw MalformedToken(.badBase64URL) }
        self.header = try JWSHeader(parsing: header)
        self.payload = payload
        self.signature = signature
        signingInput = Array(text[..<second])
    }

    /// Signs `payload` and returns the compact form in ASCII.
    ///
    /// - Parameters:
    ///   - headerSegment: as ``JWSHeader/segment()`` made it.
    ///   - signer: returns the raw signature of its argument: 64 bytes of r and s for ES256, never DER.
    /// - Throws: what `signer` throws.
    public static func sign<Failure: Error>(
        headerSegment: [UInt8],
        payload: [UInt8],
        signer: (_ signingInput: [UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) -> [UInt8] {
        var text = headerSegment
        // Room for the longest signature in use (RSA 4096: 683 characters) saves a copy.
        text.reserveCapacity(headerSegment.count + payload.count * 4 / 3 + 700)
        text.append(UInt8(ascii: "."))
        Base64URL.append(payload, to: &text)
        let signature = try signer(text)
        text.append(UInt8(ascii: "."))
        Base64URL.append(signature, to: &text)
        return text
    }
}
