/// A JWS in compact serialisation, RFC 7515 section 7.1, parsed but not yet trusted.
///
/// Only base64url without padding and exactly two dots; no JSON serialisation, no white space, no second spelling.
package struct JWS: Sendable {
    /// The longest token that is read, in characters, unless the caller sets another limit.
    package static let maximumLength = 8192

    /// The protected header.
    package let header: JWSHeader
    /// The decoded payload.
    package let payload: [UInt8]
    /// The decoded signature, of any length.
    package let signature: [UInt8]
    /// The signed bytes: the first two parts as received, with their dot.
    package let signingInput: [UInt8]

    /// Parses the text.
    ///
    /// - Parameters:
    ///   - maximumLength: in characters; checked before anything is decoded.
    ///   - headers: those that need not be read again.
    /// - Throws: ``MalformedToken``.
    package init(
        parsing text: [UInt8],
        maximumLength: Int = JWS.maximumLength,
        headers: KnownHeaders = KnownHeaders()
    ) throws(MalformedToken) {
        guard text.count <= maximumLength else { throw MalformedToken(.tooLong) }
        guard let (first, second) = Self.dots(in: text.span), first > 0 else { throw MalformedToken(.notCompact) }
        guard first <= JWSHeader.maximumLength else { throw MalformedToken(.tooLong) }
        guard let payload = Base64URL.decode(text[(first + 1)..<second]),
            let signature = Base64URL.decode(text[(second + 1)...])
        else { throw MalformedToken(.badBase64URL) }
        if let known = headers[text[..<first]] {
            header = known
        } else {
            guard let bytes = Base64URL.decode(text[..<first]) else { throw MalformedToken(.badBase64URL) }
            header = try JWSHeader(parsing: bytes)
        }
        self.payload = payload
        self.signature = signature
        signingInput = Array(text[..<second])
    }

    /// The positions of the two dots; nil unless there are exactly two.
    private static func dots(in text: Span<UInt8>) -> (first: Int, second: Int)? {
        var (first, second, count) = (0, 0, 0)
        for index in text.indices where text[index] == UInt8(ascii: ".") {
            if count == 0 { first = index } else { second = index }
            count += 1
        }
        return count == 2 ? (first, second) : nil
    }

    /// Signs `payload` and returns the compact form in ASCII.
    ///
    /// - Parameters:
    ///   - headerSegment: from ``JWSHeader/segment()``.
    ///   - signer: returns the raw signature of its argument: 64 bytes of r and s for ES256, never DER.
    /// - Throws: the errors of `signer`.
    package static func sign<Failure: Error>(
        headerSegment: [UInt8],
        payload: [UInt8],
        signer: (_ signingInput: [UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) -> [UInt8] {
        var text = headerSegment
        // Space for the longest signature in use (RSA 4096: 683 characters) saves a copy.
        text.reserveCapacity(headerSegment.count + payload.count * 4 / 3 + 700)
        text.append(UInt8(ascii: "."))
        Base64URL.append(payload, to: &text)
        let signature = try signer(text)
        text.append(UInt8(ascii: "."))
        Base64URL.append(signature, to: &text)
        return text
    }
}

extension JWS {
    /// Checks everything that does not depend on the payload, cheapest first.
    ///
    /// - Parameters:
    ///   - alias: a second `typ` that is accepted.
    ///   - passed: called for each step that the token has passed.
    /// - Returns: the `kid` of the key that made the signature.
    /// - Throws: ``VerificationError`` `.wrongType`, `.algorithmNotAllowed`, `.unknownKey`, `.badSignature`.
    func verifySignature(
        type: String,
        alias: String? = nil,
        algorithms: Set<JWSAlgorithm>,
        keys: (KeyID) -> VerificationKey?,
        passed: (VerificationStep) -> Void = { _ in }
    ) throws(VerificationError) -> KeyID {
        guard header.hasType(type) || alias.map(header.hasType) ?? false else { throw .wrongType }
        guard algorithms.contains(header.algorithm) else { throw .algorithmNotAllowed }
        passed(.header)
        guard let keyID = header.keyID, let key = keys(keyID) else { throw .unknownKey }
        // The key decides which algorithm is used; the header may only agree (RFC 8725 section 3.1).
        guard key.algorithm == header.algorithm else { throw .algorithmNotAllowed }
        passed(.key)
        guard key.verify(signature: signature, signingInput: signingInput) else { throw .badSignature }
        passed(.signature)
        return keyID
    }
}

/// Why a text is not a token of ours, whatever its signature. Names the place, never quotes the token.
package struct MalformedToken: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of refusal.
    package enum Reason: String, Sendable, Hashable {
        /// Longer than the cap.
        case tooLong = "too long"
        /// Not three parts joined by two dots.
        case notCompact = "not a JWS in compact form"
        /// A part that is not canonical base64url without padding.
        case badBase64URL = "not canonical base64url"
        /// A header that is not a strict JSON object of the expected members.
        case badHeader = "bad header"
        /// An algorithm that is not asymmetric, not known, or missing.
        case unknownAlgorithm = "unknown algorithm"
        /// A header that demands an extension (`crit`, `b64`): we understand none.
        case criticalHeader = "critical header"
        /// A payload that is not a strict JSON object.
        case badPayload = "bad payload"
        /// A claim that is missing or has the wrong type, form or range.
        case badClaim = "bad claim"
    }

    /// What is wrong.
    package let reason: Reason
    /// The header member or claim concerned, from our own list of names; nil for any other.
    package let member: String?

    init(_ reason: Reason, member: String? = nil) {
        self.reason = reason
        self.member = member
    }

    /// Both parts in English.
    package var description: String { member.map { "\(reason.rawValue): \($0)" } ?? reason.rawValue }
}
