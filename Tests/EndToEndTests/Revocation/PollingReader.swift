import Foundation
import JWTKit
import LatchkeyTokens
import TestSupport

/// An access token's claims as a service of somebody else declares them.
struct ServiceClaims: JWTPayload {
    var iss: String
    var sub: String
    var aud: AudienceClaim
    var exp: Int
    var iat: Int
    var jti: String
    var client_id: String
    var scope: String
    var sid: String?

    /// The reader below judges times and revocation; here only the signature counts.
    func verify(using algorithm: some JWTAlgorithm) throws {}
}

/// A service behind which our tokens are used, written against the published documents alone: signatures by jwt-kit, the
/// list by a matching rule of its own, JSON by Foundation. Nothing of it is our code.
actor PollingReader {
    enum Verdict: Equatable {
        case accepted
        /// By the first kind that matches.
        case revoked(String)
        case expired
        case issuedInFuture
        case unknownKey
        case notAnAccessToken
        case badSignature
    }

    struct Entry: Decodable, Equatable {
        let seq: Int
        let kind: String
        let id: String?
        let iat_before: Int?
        let exp: Int
    }

    struct Document: Decodable {
        let iss: String
        let epoch: String
        let after: Int
        let seq: Int
        let now: Int
        let entries: [Entry]
    }

    private struct Header: Decodable {
        let alg: String
        let typ: String
        let kid: String
    }

    private let http: TestHTTP
    private let now: @Sendable () -> Int
    private var keys = JWTKeyCollection()
    private(set) var kids: Set<String> = []
    private(set) var entries: [Entry] = []
    private(set) var epoch: String?
    private(set) var sequence = 0

    init(_ http: TestHTTP, clock: TestClock? = nil) {
        self.http = http
        now = { clock.map { Int($0.now.seconds) } ?? Int(Date().timeIntervalSince1970) }
    }

    /// Fetches the JWKS as it is served now.
    func fetchKeys() async throws {
        struct KeySet: Decodable {
            struct Key: Decodable { let kid: String }
            let keys: [Key]
        }
        let body = try await http.get("/.well-known/jwks.json").text
        let fresh = JWTKeyCollection()
        try await fresh.add(jwksJSON: body)
        // jwt-kit tries the first key for a kid that it does not know; a careful service does not.
        await fresh.clearDefault()
        keys = fresh
        kids = Set(try JSONDecoder().decode(KeySet.self, from: Data(body.utf8)).keys.map(\.kid))
    }

    /// Asks for what is newer than what it has. A snapshot adds and never removes: entries leave when they expire.
    @discardableResult
    func poll(query: String = "") async throws -> Document {
        let position = epoch.map { "after=\(sequence)&epoch=\($0)" } ?? ""
        let response = try await http.get("/revocations?" + position + query)
        let document = try JSONDecoder().decode(Document.self, from: Data(response.body))
        let known = Set(entries.map(\.seq))
        entries += document.entries.filter { !known.contains($0.seq) }
        epoch = document.epoch
        sequence = document.seq
        let instant = now()
        entries.removeAll { $0.exp <= instant }
        return document
    }

    /// Decides by what it has fetched so far; asks nobody.
    func judge(_ token: String) async throws -> Verdict {
        let header = try Self.header(token)
        guard header.typ == "at+jwt" else { return .notAnAccessToken }
        guard kids.contains(header.kid) else { return .unknownKey }
        guard let claims = try? await keys.verify(token, as: ServiceClaims.self) else { return .badSignature }
        guard claims.exp > now() else { return .expired }
        guard claims.iat <= now() else { return .issuedInFuture }
        for entry in entries where Self.matches(entry, claims, kid: header.kid) { return .revoked(entry.kind) }
        return .accepted
    }

    /// Section 3 of TheRule.md, kind by kind.
    static func matches(_ entry: Entry, _ claims: ServiceClaims, kid: String) -> Bool {
        let isOlder = entry.iat_before.map { claims.iat <= $0 } ?? false
        return switch entry.kind {
        case "token": claims.jti == entry.id
        case "session": claims.sid != nil && claims.sid == entry.id
        case "user": claims.sub == entry.id && isOlder
        case "client": claims.client_id == entry.id && isOlder
        case "key": kid == entry.id
        case "all": isOlder
        default: true
        }
    }

    /// The claims without a look at the signature.
    static func claims(_ token: String) throws -> ServiceClaims {
        try JSONDecoder().decode(ServiceClaims.self, from: try segment(token, 1))
    }

    static func keyID(_ token: String) throws -> String { try header(token).kid }

    static func algorithm(_ token: String) throws -> String { try header(token).alg }

    private static func header(_ token: String) throws -> Header {
        try JSONDecoder().decode(Header.self, from: try segment(token, 0))
    }

    private static func segment(_ token: String, _ index: Int) throws -> Data {
        struct NoToken: Error {}
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw NoToken() }
        let text = String(parts[index]).replacing("-", with: "+").replacing("_", with: "/")
        let padded = text + String(repeating: "=", count: (4 - text.count % 4) % 4)
        guard let data = Data(base64Encoded: padded) else { throw NoToken() }
        return data
    }
}
