extension AccessTokenClaims {
    /// Reads a payload. Every claim has exactly one type; claims that we do not know are ignored.
    ///
    /// - Throws: ``MalformedToken`` `.badPayload`, or `.badClaim` with the claim's name.
    public init(parsing bytes: [UInt8]) throws(MalformedToken) {
        let claims: ClaimReader
        do {
            claims = ClaimReader(object: try StrictJSON.parseObject(bytes, maximumDepth: 8))
        } catch {
            throw MalformedToken(.badPayload)
        }
        issuer = try claims.text("iss")
        audience = try claims.audience()
        expiresAt = try claims.instant("exp")
        issuedAt = try claims.instant("iat")
        notBefore = try claims.optionalInstant("nbf")
        tokenID = try claims.value("jti", TokenID.init)
        clientID = try claims.value("client_id", ClientID.init)
        subject = try claims.text("sub")
        // A subject that is neither could be mistaken for a user or a client elsewhere (RFC 9068 section 5).
        guard UserID(subject) != nil || ClientID(subject) == clientID else {
            throw MalformedToken(.badClaim, member: "sub")
        }
        scope = try claims.optionalValue("scope", Scope.init) ?? Scope()
        sessionID = try claims.optionalValue("sid", SessionID.init)
        authenticatedAt = try claims.optionalInstant("auth_time")
        authenticationMethods = try claims.texts("amr")
        roles = try claims.texts("roles")
    }
}

/// Reads claims out of a payload, each in one type and within bounds.
private struct ClaimReader {
    let object: JSONObject

    func text(_ name: String) throws(MalformedToken) -> String {
        guard let text = object[name]?.string, !text.isEmpty, text.utf8.count <= 2048 else {
            throw MalformedToken(.badClaim, member: name)
        }
        return text
    }

    func value<Value>(_ name: String, _ read: (String) -> Value?) throws(MalformedToken) -> Value {
        guard let value = read(try text(name)) else { throw MalformedToken(.badClaim, member: name) }
        return value
    }

    func optionalValue<Value>(_ name: String, _ read: (String) -> Value?) throws(MalformedToken) -> Value? {
        guard object[name] != nil else { return nil }
        return try value(name, read)
    }

    func instant(_ name: String) throws(MalformedToken) -> Timestamp {
        guard let value = object[name], let instant = Timestamp(wire: value) else {
            throw MalformedToken(.badClaim, member: name)
        }
        return instant
    }

    func optionalInstant(_ name: String) throws(MalformedToken) -> Timestamp? {
        guard object[name] != nil else { return nil }
        return try instant(name)
    }

    func texts(_ name: String) throws(MalformedToken) -> [String] {
        guard let value = object[name] else { return [] }
        guard let texts = value.strings, texts.count <= 256 else { throw MalformedToken(.badClaim, member: name) }
        return texts
    }

    func audience() throws(MalformedToken) -> [String] {
        if object["aud"]?.string != nil { return [try text("aud")] }
        guard object["aud"] != nil, case let texts = try texts("aud"), !texts.isEmpty, !texts.contains("") else {
            throw MalformedToken(.badClaim, member: "aud")
        }
        return texts
    }
}

extension Timestamp {
    /// A NumericDate, stricter than RFC 7519: an integer literal from 1970 to the end of the year 9999.
    init?(wire value: JSONValue) {
        guard let seconds = value.integer else { return nil }
        self.init(wireSeconds: seconds)
    }

    /// Seconds from 1970 to the end of the year 9999; nil beyond.
    init?(wireSeconds seconds: Int64) {
        guard (0...253_402_300_799).contains(seconds) else { return nil }
        self.init(seconds: seconds)
    }
}
