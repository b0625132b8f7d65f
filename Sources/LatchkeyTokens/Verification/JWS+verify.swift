extension JWS {
    /// Checks everything that does not depend on the payload, cheapest first.
    ///
    /// - Returns: the `kid` of the key whose signature it is.
    /// - Throws: ``VerificationError`` `.wrongType`, `.algorithmNotAllowed`, `.unknownKey`, `.badSignature`.
    func verifySignature(
        type: String,
        algorithms: Set<JWSAlgorithm>,
        keys: (KeyID) -> VerificationKey?
    ) throws(VerificationError) -> KeyID {
        guard header.hasType(type) else { throw .wrongType }
        guard algorithms.contains(header.algorithm) else { throw .algorithmNotAllowed }
        guard let keyID = header.keyID, let key = keys(keyID) else { throw .unknownKey }
        // The key decides which algorithm is used; the header may only agree (RFC 8725 section 3.1).
        guard key.algorithm == header.algorithm else { throw .algorithmNotAllowed }
        guard key.verify(signature: signature, signingInput: signingInput) else { throw .badSignature }
        return keyID
    }
}
