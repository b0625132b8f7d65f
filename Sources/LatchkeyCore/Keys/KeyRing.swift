import Crypto
package import LatchkeyTokens
import Synchronization

/// The keys as one immutable value: the signing, published and verifying keys. Replaced as a whole.
package struct KeyRingSnapshot: Sendable {
    /// One key that signs now.
    package struct Signer: Sendable {
        package let id: KeyID
        package let algorithm: JWSAlgorithm
        fileprivate let key: PrivateKey
        private let accessTokenHeader: [UInt8]
        private let plainHeader: [UInt8]

        init(id: KeyID, algorithm: JWSAlgorithm, key: PrivateKey) {
            self.id = id
            self.algorithm = algorithm
            self.key = key
            self.accessTokenHeader =
                JWSHeader(algorithm: algorithm, type: JWSHeader.accessTokenType, keyID: id).segment()
            self.plainHeader = JWSHeader(algorithm: algorithm, type: JWSHeader.plainType, keyID: id).segment()
        }

        /// Compact JWS of an access token's claims.
        /// - Parameter type: `at+jwt` (RFC 9068 2.1) unless the client's services cannot read that.
        package func sign(
            _ claims: AccessTokenClaims, type: ClientSettings.AccessTokenType = .accessToken
        ) throws -> [UInt8] {
            try sign(claims.encode(), header: type == .plain ? plainHeader : accessTokenHeader)
        }

        /// Compact JWS of an ID token's claims.
        package func sign(_ claims: IDTokenClaims) throws -> [UInt8] {
            try sign(claims.encode(), header: plainHeader)
        }

        /// How many bytes the claims of an ID token may have, so that the token has at most `length` bytes.
        package func longestPayload(ofIDTokenWith length: Int) -> Int {
            // Base64url writes three bytes as four.
            let signature = (key.signatureLength * 4 + 2) / 3
            return max(0, length - plainHeader.count - signature - 2) * 3 / 4
        }

        private func sign(_ payload: [UInt8], header: [UInt8]) throws -> [UInt8] {
            try JWS.sign(headerSegment: header, payload: payload) { input in
                try key.sign(input, algorithm: algorithm)
            }
        }

        /// The raw signature of a JWS signing input.
        package func signature(of input: [UInt8]) throws -> [UInt8] {
            try key.sign(input, algorithm: algorithm)
        }
    }

    /// The version of the key table that this was read from.
    package let version: Int64
    /// Announced, active and retired keys, in the order of the JWKS.
    package let records: [SigningKeyRecord]
    /// The JWKS document, public members only (RFC 7517 5).
    package let jwks: [UInt8]
    /// Strong entity tag of ``jwks``.
    package let etag: String
    private let signers: [JWSAlgorithm: Signer]
    private let verificationKeys: [KeyID: VerificationKey]

    package static let empty = KeyRingSnapshot(version: 0)

    private init(version: Int64) {
        self.version = version
        self.records = []
        self.jwks = Array("{\"keys\":[]}".utf8)
        self.etag = "\"empty\""
        self.signers = [:]
        self.verificationKeys = [:]
    }

    /// Opens every sealed key.
    /// - Throws: ``MasterKeyFault`` when one does not open.
    package init(table: KeyTable, masterKeys: MasterKeyRing) throws {
        let order: [SigningKeyRecord.State] = [.active, .announced, .retired]
        let published = order.flatMap { state in
            table.keys.filter { $0.state == state }.sorted { $0.announcedAt > $1.announcedAt }
        }
        var signers: [JWSAlgorithm: Signer] = [:]
        var verificationKeys: [KeyID: VerificationKey] = [:]
        var publicKeys: [JSONWebKey] = []
        for record in published {
            let publicKey = try JSONWebKey(parsing: try StrictJSON.parseObject(record.publicKey))
            publicKeys.append(publicKey)
            verificationKeys[record.id] = VerificationKey(publicKey)
            if record.state == .active, let sealed = record.sealedPrivateKey {
                let raw = try masterKeys.open(sealed, purpose: .keyWrap, context: Array(record.id.description.utf8))
                let key = try PrivateKey(serialised: raw, algorithm: record.algorithm)
                signers[record.algorithm] = Signer(id: record.id, algorithm: record.algorithm, key: key)
            }
        }
        self.version = table.version
        self.records = published
        self.jwks = try JSONWebKeySet(publicKeys).encode()
        self.etag = "\"" + Base64URL.string(Array(SHA256.hash(data: jwks).prefix(12))) + "\""
        self.signers = signers
        self.verificationKeys = verificationKeys
    }

    /// The active key of an algorithm.
    package func signer(for algorithm: JWSAlgorithm) -> Signer? { signers[algorithm] }

    /// A published key by its `kid`.
    package func verificationKey(_ id: KeyID) -> VerificationKey? { verificationKeys[id] }
}

/// Holds the current ``KeyRingSnapshot``; readers never wait for each other.
package final class KeyRing: Sendable {
    private let snapshot = Mutex(KeyRingSnapshot.empty)

    package init() {}

    package var current: KeyRingSnapshot { snapshot.withLock { $0 } }

    /// Installs a snapshot unless a newer one is already there.
    /// - Parameter evenIfOlder: the numbers of versions have begun again.
    package func publish(_ new: KeyRingSnapshot, evenIfOlder: Bool = false) {
        snapshot.withLock { if evenIfOlder || new.version >= $0.version { $0 = new } }
    }
}
