/// The revocation list as a JWS with `typ: revocations+jwt`, so that it can pass through a mirror: the document's
/// members plus `iat` and `exp`.
package enum SignedRevocationDocument {
    /// Signs a document; the result is the compact form in ASCII.
    ///
    /// - Parameters:
    ///   - headerSegment: ``JWSHeader/segment()`` of a header with ``JWSHeader/revocationsType``.
    ///   - expiresAt: from this instant on a verifier refuses this copy.
    /// - Throws: the errors of `signer`.
    package static func sign<Failure: Error>(
        _ document: RevocationDocument,
        issuedAt: Timestamp,
        expiresAt: Timestamp,
        headerSegment: [UInt8],
        signer: (_ signingInput: [UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) -> [UInt8] {
        let payload = JSONWriter.object(reserving: 300 + document.entries.count * 112) { json in
            document.write(to: &json)
            json.member("iat", issuedAt.seconds)
            json.member("exp", expiresAt.seconds)
        }
        return try JWS.sign(headerSegment: headerSegment, payload: payload, signer: signer)
    }

    /// Verifies a signed document and returns its content. ``RevocationListState`` checks issuer, order in time and
    /// gaps.
    ///
    /// - Parameters:
    ///   - known: the list so far; a signature by a key that it condemns does not count.
    ///   - skew: clamped to 0 to 120 s.
    ///   - maximumLength: of the compact form, in characters.
    /// - Throws: ``VerificationError`` `.malformed`, `.wrongType`, `.algorithmNotAllowed`, `.unknownKey`, `.revoked`,
    ///   `.badSignature`, `.expired`, `.issuedInFuture`.
    package static func verify(
        _ text: [UInt8],
        keys: (KeyID) -> VerificationKey?,
        algorithms: Set<JWSAlgorithm> = Set(JWSAlgorithm.allCases),
        known: RevocationIndex,
        skew: Duration = .seconds(60),
        now: Timestamp,
        maximumLength: Int = 2 * RevocationDocument.maximumLength
    ) throws(VerificationError) -> RevocationDocument {
        let jws: JWS
        do throws(MalformedToken) {
            jws = try JWS(parsing: text, maximumLength: maximumLength)
        } catch {
            throw .malformed(error)
        }
        let keyID = try jws.verifySignature(type: JWSHeader.revocationsType, algorithms: algorithms, keys: keys)
        guard !known.condemns(keyID) else {
            throw VerificationError(VerificationError.revoked.code.rawValue, detail: "the signing key is condemned")
        }
        let (document, issuedAt, expiresAt) = try read(jws.payload, maximumLength: maximumLength)
        let skew = ClockSkew(skew).duration
        guard now < expiresAt + skew else { throw .expired }
        guard issuedAt <= now + skew else { throw .issuedInFuture }
        return document
    }

    private static func read(
        _ payload: [UInt8],
        maximumLength: Int
    ) throws(VerificationError) -> (RevocationDocument, issuedAt: Timestamp, expiresAt: Timestamp) {
        do throws(RefusedDocument) {
            let reader = try RevocationDocumentReader.read(
                payload, maximumLength: maximumLength, maximumEntries: RevocationDocument.maximumEntries)
            return (try reader.document(), try reader.instant("iat"), try reader.instant("exp"))
        } catch {
            throw VerificationError(VerificationError.malformed.code.rawValue, detail: error.description)
        }
    }
}
