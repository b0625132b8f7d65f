extension StatusListToken {
    /// The longest compact form that is read, in characters, unless the caller sets another limit.
    package static let maximumLength = 4 << 20
    /// The longest list after decompression, in bytes, unless the caller sets another limit.
    package static let maximumBytes = 16 << 20

    /// Checks a status list token as a relying party must (section 8.3).
    ///
    /// - Parameters:
    ///   - uri: from the token whose status is needed; `sub` must be the same.
    ///   - known: the revocation list, if the caller has one: a signature by a key that it condemns does not count.
    ///   - skew: clamped to 0 to 120 s.
    ///   - maximumLength: of the compact form, in characters.
    ///   - maximumBytes: of the list, passed to `inflate` as its limit.
    ///   - inflate: decompresses the ZLIB format; nil for another format, or beyond the limit.
    /// - Throws: ``VerificationError`` `.malformed`, `.wrongType`, `.algorithmNotAllowed`, `.unknownKey`, `.revoked`,
    ///   `.badSignature`, `.wrongSubject`, `.expired`, `.notYetValid`, `.issuedInFuture`.
    package static func verify(
        _ text: [UInt8],
        uri: String,
        keys: (KeyID) -> VerificationKey?,
        algorithms: Set<JWSAlgorithm> = Set(JWSAlgorithm.allCases),
        known: RevocationIndex = RevocationIndex(),
        skew: Duration = .seconds(60),
        now: Timestamp,
        maximumLength: Int = StatusListToken.maximumLength,
        maximumBytes: Int = StatusListToken.maximumBytes,
        inflate: (_ compressed: [UInt8], _ limit: Int) -> [UInt8]?
    ) throws(VerificationError) -> StatusListToken {
        let jws: JWS
        do throws(MalformedToken) {
            jws = try JWS(parsing: text, maximumLength: maximumLength)
        } catch {
            throw .malformed(error)
        }
        let keyID = try jws.verifySignature(type: JWSHeader.statusListType, algorithms: algorithms, keys: keys)
        guard !known.condemns(keyID) else {
            throw VerificationError(VerificationError.revoked.code.rawValue, detail: "the signing key is condemned")
        }
        let claims = try StatusListClaims(jws.payload, maximumLength: maximumLength)
        guard claims.uri.utf8.elementsEqual(uri.utf8) else { throw .wrongSubject }
        let skew = ClockSkew(skew).duration
        if let expiresAt = claims.expiresAt, now >= expiresAt + skew { throw .expired }
        if let notBefore = claims.notBefore, now + skew < notBefore { throw .notYetValid }
        guard claims.issuedAt <= now + skew else { throw .issuedInFuture }
        guard let bytes = inflate(claims.compressed, maximumBytes), bytes.count <= maximumBytes else {
            throw StatusListClaims.malformed("lst")
        }
        return StatusListToken(
            uri: claims.uri, issuedAt: claims.issuedAt, expiresAt: claims.expiresAt, timeToLive: claims.timeToLive,
            aggregationURI: claims.aggregationURI, list: StatusList(width: claims.width, bytes: bytes))
    }
}

/// The payload, each claim in its one type.
private struct StatusListClaims {
    let uri: String
    let issuedAt: Timestamp
    let expiresAt: Timestamp?
    let notBefore: Timestamp?
    let timeToLive: Duration?
    let width: StatusList.Width
    let compressed: [UInt8]
    let aggregationURI: String?

    init(_ payload: [UInt8], maximumLength: Int) throws(VerificationError) {
        let claims: JSONObject
        do throws(MalformedJSON) {
            claims = try StrictJSON.parseObject(payload, maximumLength: maximumLength, maximumDepth: 8)
        } catch {
            throw .malformed(MalformedToken(.badPayload))
        }
        guard let uri = claims["sub"]?.string else { throw Self.malformed("sub") }
        guard let issuedAt = try Self.instant("iat", claims) else { throw Self.malformed("iat") }
        guard let list = claims["status_list"]?.object else { throw Self.malformed("status_list") }
        guard let bits = list["bits"]?.integer, let width = StatusList.Width(rawValue: Int(clamping: bits)) else {
            throw Self.malformed("bits")
        }
        guard let text = list["lst"]?.string, let compressed = Base64URL.decode(text) else {
            throw Self.malformed("lst")
        }
        self.uri = uri
        self.issuedAt = issuedAt
        expiresAt = try Self.instant("exp", claims)
        notBefore = try Self.instant("nbf", claims)
        timeToLive = try Self.timeToLive(claims)
        self.width = width
        self.compressed = compressed
        aggregationURI = list["aggregation_uri"]?.string
    }

    private static func instant(_ name: String, _ claims: JSONObject) throws(VerificationError) -> Timestamp? {
        guard let value = claims[name] else { return nil }
        guard let instant = Timestamp(wire: value) else { throw malformed(name) }
        return instant
    }

    /// A positive number of seconds, whole or not; more than a year is read as a year.
    private static func timeToLive(_ claims: JSONObject) throws(VerificationError) -> Duration? {
        let year: Int64 = 366 * 86400
        switch claims["ttl"] {
        case nil: return nil
        case .integer(let seconds) where seconds > 0: return .seconds(min(seconds, year))
        case .number(let seconds) where seconds > 0: return .seconds(min(seconds, Double(year)))
        default: throw malformed("ttl")
        }
    }

    static func malformed(_ member: String) -> VerificationError {
        .malformed(MalformedToken(.badClaim, member: member))
    }
}
