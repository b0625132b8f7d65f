/// A status list in transport: a JWT of `typ: statuslist+jwt` (Token Status List, section 5.1).
package struct StatusListToken: Sendable, Hashable {
    /// `sub`: the `uri` in the tokens that the list covers.
    package let uri: String
    /// `iat`
    package let issuedAt: Timestamp
    /// `exp`: from then on it must not be relied upon; nil without one.
    package let expiresAt: Timestamp?
    /// `ttl`: how long after fetching a copy may be used before a new one is fetched; nil without one.
    package let timeToLive: Duration?
    /// `aggregation_uri`: lists all lists of the issuer; nil without one.
    package let aggregationURI: String?
    /// The statuses.
    package let list: StatusList

    /// A token to be signed. `timeToLive` is written in whole seconds.
    package init(
        uri: String, issuedAt: Timestamp, expiresAt: Timestamp?, timeToLive: Duration?, aggregationURI: String? = nil,
        list: StatusList
    ) {
        self.uri = uri
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.timeToLive = timeToLive
        self.aggregationURI = aggregationURI
        self.list = list
    }

    /// The compact form in ASCII.
    ///
    /// - Parameters:
    ///   - compressed: the list's bytes in the ZLIB format (RFC 1950), preferably at the highest level.
    ///   - headerSegment: ``JWSHeader/segment()`` of a header with ``JWSHeader/statusListType``.
    /// - Throws: the errors of `signer`.
    package func sign<Failure: Error>(
        compressed: [UInt8],
        headerSegment: [UInt8],
        signer: (_ signingInput: [UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) -> [UInt8] {
        let payload = JSONWriter.object(reserving: 300 + compressed.count * 4 / 3) { json in
            json.member("sub", uri)
            json.member("iat", issuedAt.seconds)
            if let expiresAt { json.member("exp", expiresAt.seconds) }
            if let timeToLive { json.member("ttl", timeToLive.components.seconds) }
            json.member(
                "status_list",
                object: { json in
                    json.member("bits", list.width.rawValue)
                    json.member("lst", Base64URL.string(compressed))
                    if let aggregationURI { json.member("aggregation_uri", aggregationURI) }
                })
        }
        return try JWS.sign(headerSegment: headerSegment, payload: payload, signer: signer)
    }

    /// The list's statement about a token that was accepted in every other respect.
    /// - Throws: ``VerificationError/wrongSubject``, ``VerificationError/indexOutOfRange``: no statement, so the token
    ///   must be refused (section 8.3).
    package func status(of reference: StatusReference) throws(VerificationError) -> TokenStatus {
        guard uri.utf8.elementsEqual(reference.uri.utf8) else { throw .wrongSubject }
        guard let status = list.status(at: reference.index) else { throw .indexOutOfRange }
        return status
    }

    /// Whether a copy may still be used: within `ttl` after it was fetched and before `exp`. The claims count, whatever
    /// HTTP's caching headers said (section 8.2).
    package func isUsable(fetchedAt: Timestamp, now: Timestamp) -> Bool {
        if let expiresAt, now >= expiresAt { return false }
        if let timeToLive, now < fetchedAt || now - fetchedAt > timeToLive { return false }
        return true
    }
}

extension JWSHeader {
    /// `typ` of status list tokens.
    package static let statusListType = "statuslist+jwt"
}

extension VerificationError {
    /// A status list with another URI than the requested one.
    package static let wrongSubject = VerificationError("wrong_subject")
    /// An index beyond the end of the status list.
    package static let indexOutOfRange = VerificationError("index_out_of_range")
}
