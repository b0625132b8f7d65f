/// The claims of an access token, RFC 9068 section 2.2, with `sid` and `roles`.
public struct AccessTokenClaims: Sendable, Hashable {
    /// `iss`: the issuer's URL, compared byte for byte.
    public var issuer: String
    /// `sub`: a user's id, or the client's own id when no user is involved (client credentials).
    public var subject: String { didSet { userID = UserID(subject) } }
    /// The user that the token is for; nil when ``subject`` is a client.
    public private(set) var userID: UserID?
    /// `aud`: at least one; a single one is written as a string.
    public var audience: [String]
    /// `exp`: the token is refused from this second on.
    public var expiresAt: Timestamp
    /// `iat`
    public var issuedAt: Timestamp
    /// `nbf`: read and enforced, never issued by us.
    public var notBefore: Timestamp?
    /// `jti`
    public var tokenID: TokenID
    /// `client_id`
    public var clientID: ClientID
    /// `scope`: omitted when empty.
    public var scope: Scope
    /// `sid`: nil for client credentials.
    public var sessionID: SessionID?
    /// `auth_time`: when the user last authenticated.
    public var authenticatedAt: Timestamp?
    /// `acr`, RFC 9068 section 2.2.1: the authentication class that the sign-in reached; nil for logins of the
    /// application's own page.
    public var authenticationClass: String?
    /// `amr`, RFC 8176: omitted when empty.
    public var authenticationMethods: [String]
    /// `roles`: omitted when empty.
    public var roles: [String]
    /// `status`: the token's place in a Token Status List; nil without one, the usual case.
    public var status: StatusReference?

    /// Claims to be signed. Instants are written as whole seconds, rounded down.
    package init(
        issuer: String,
        subject: String,
        audience: [String],
        expiresAt: Timestamp,
        issuedAt: Timestamp,
        tokenID: TokenID,
        clientID: ClientID,
        scope: Scope,
        sessionID: SessionID? = nil,
        authenticatedAt: Timestamp? = nil,
        authenticationMethods: [String] = [],
        roles: [String] = []
    ) {
        self.issuer = issuer
        self.subject = subject
        userID = UserID(subject)
        self.audience = audience
        self.expiresAt = expiresAt
        self.issuedAt = issuedAt
        self.tokenID = tokenID
        self.clientID = clientID
        self.scope = scope
        self.sessionID = sessionID
        self.authenticatedAt = authenticatedAt
        self.authenticationMethods = authenticationMethods
        self.roles = roles
    }

    /// The JSON payload.
    package func encode() -> [UInt8] {
        JSONWriter.object(reserving: 640) { json in
            json.member("iss", issuer)
            json.member("sub", subject)
            if audience.count == 1 { json.member("aud", audience[0]) } else { json.member("aud", audience) }
            json.member("exp", expiresAt.seconds)
            json.member("iat", issuedAt.seconds)
            if let notBefore { json.member("nbf", notBefore.seconds) }
            json.member("jti", tokenID.description)
            json.member("client_id", clientID.description)
            if !scope.isEmpty { json.member("scope", scope) }
            if let sessionID { json.member("sid", sessionID) }
            if let authenticatedAt { json.member("auth_time", authenticatedAt.seconds) }
            if let authenticationClass { json.member("acr", authenticationClass) }
            if !authenticationMethods.isEmpty { json.member("amr", authenticationMethods) }
            if !roles.isEmpty { json.member("roles", roles) }
            if let status { json.member("status", object: status.write) }
        }
    }
}

extension AccessTokenClaims {
    /// Reads a payload. Every claim has exactly one type; unknown claims are ignored.
    ///
    /// - Throws: ``MalformedToken`` `.badPayload`, or `.badClaim` with the claim's name.
    package init(parsing bytes: [UInt8]) throws(MalformedToken) {
        let claims = try ClaimReader(parsing: bytes)
        issuer = try claims.text(.issuer)
        audience = try claims.audience()
        expiresAt = try claims.instant(.expiresAt)
        issuedAt = try claims.instant(.issuedAt)
        notBefore = try claims.optionalInstant(.notBefore)
        tokenID = try claims.value(.tokenID, TokenID.init)
        clientID = try claims.value(.clientID, ClientID.init)
        subject = try claims.text(.subject)
        userID = UserID(subject)
        // A subject that is neither could be mistaken for a user or a client elsewhere (RFC 9068 section 5).
        guard userID != nil || ClientID(subject) == clientID else {
            throw MalformedToken(.badClaim, member: "sub")
        }
        scope = try claims.optionalValue(.scope, Scope.init) ?? Scope()
        sessionID = try claims.optionalValue(.sessionID, SessionID.init)
        authenticatedAt = try claims.optionalInstant(.authenticatedAt)
        authenticationClass = try claims.optionalValue(.authenticationClass) { $0 }
        authenticationMethods = try claims.texts(.authenticationMethods)
        roles = try claims.texts(.roles)
        status = try claims.status()
    }
}

/// The known claims, in the order in which we write them.
private enum Claim: Int, CaseIterable {
    case issuer, subject, audience, expiresAt, issuedAt, notBefore, tokenID, clientID, scope
    case sessionID, authenticatedAt, authenticationClass, authenticationMethods, roles, status

    static let names = allCases.map { Array($0.name.utf8) }

    var name: String {
        switch self {
        case .issuer: "iss"
        case .subject: "sub"
        case .audience: "aud"
        case .expiresAt: "exp"
        case .issuedAt: "iat"
        case .notBefore: "nbf"
        case .tokenID: "jti"
        case .clientID: "client_id"
        case .scope: "scope"
        case .sessionID: "sid"
        case .authenticatedAt: "auth_time"
        case .authenticationClass: "acr"
        case .authenticationMethods: "amr"
        case .roles: "roles"
        case .status: "status"
        }
    }
}

/// Reads claims from a payload, each in one type and within limits.
///
/// Keeps the values of the known claims and drops the others while reading: on the hot path of every service a tree
/// would cost more than the rest of the claims' checks.
private struct ClaimReader {
    private let object: KnownMembers

    init(parsing bytes: [UInt8]) throws(MalformedToken) {
        var members = KnownMembers()
        do throws(MalformedJSON) {
            var reader = try JSONReader(bytes, maximumLength: 65536, maximumDepth: 8)
            try reader.object(of: Claim.names) { (place, reader) throws(MalformedJSON) in
                let value = try StrictJSON.value(&reader)
                if let place { members.set(place, to: value) }
            }
            try reader.end()
        } catch {
            throw MalformedToken(.badPayload)
        }
        object = members
    }

    func text(_ claim: Claim) throws(MalformedToken) -> String {
        guard let text = object[claim]?.string, !text.isEmpty, text.utf8.count <= 2048 else {
            throw MalformedToken(.badClaim, member: claim.name)
        }
        return text
    }

    func value<Value>(_ claim: Claim, _ read: (String) -> Value?) throws(MalformedToken) -> Value {
        guard let value = read(try text(claim)) else { throw MalformedToken(.badClaim, member: claim.name) }
        return value
    }

    func optionalValue<Value>(_ claim: Claim, _ read: (String) -> Value?) throws(MalformedToken) -> Value? {
        guard object[claim] != nil else { return nil }
        return try value(claim, read)
    }

    func instant(_ claim: Claim) throws(MalformedToken) -> Timestamp {
        guard let value = object[claim], let instant = Timestamp(wire: value) else {
            throw MalformedToken(.badClaim, member: claim.name)
        }
        return instant
    }

    func optionalInstant(_ claim: Claim) throws(MalformedToken) -> Timestamp? {
        guard object[claim] != nil else { return nil }
        return try instant(claim)
    }

    func texts(_ claim: Claim) throws(MalformedToken) -> [String] {
        guard let value = object[claim] else { return [] }
        guard let texts = value.strings, texts.count <= 256 else { throw MalformedToken(.badClaim, member: claim.name) }
        return texts
    }

    func status() throws(MalformedToken) -> StatusReference? {
        guard let value = object[.status] else { return nil }
        return try StatusReference(claim: value)
    }

    func audience() throws(MalformedToken) -> [String] {
        if object[.audience]?.string != nil { return [try text(.audience)] }
        guard object[.audience] != nil, case let texts = try texts(.audience), !texts.isEmpty, !texts.contains("")
        else {
            throw MalformedToken(.badClaim, member: "aud")
        }
        return texts
    }
}

/// The values of an object's members, for a fixed list of names.
private struct KnownMembers {
    private var values = [JSONValue?](repeating: nil, count: Claim.names.count)

    subscript(claim: Claim) -> JSONValue? { values[claim.rawValue] }

    mutating func set(_ place: Int, to value: JSONValue) { values[place] = value }
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
