import LatchkeyBytes
import OpenSSL

/// An imported PBKDF2 hash, in one of these text forms:
///
/// - passlib: `$pbkdf2-sha256$<iterations>$<salt>$<key>`, also `-sha512`, and `$pbkdf2$` for SHA-1;
/// - OpenLDAP: the same behind `{PBKDF2-SHA256}`;
/// - Django: `pbkdf2_sha256$<iterations>$<salt text>$<base64>`, also `pbkdf2_sha1`;
/// - Spring Security: salt and key in hexadecimal digits behind `{pbkdf2}`, with the costs of that name;
/// - ASP.NET Core Identity, and Keycloak: see the extensions.
package struct PBKDF2PasswordHash: Sendable, Equatable {
    /// Accepted bytes of salt.
    package static let saltLengths = 1...128
    /// Accepted bytes of key.
    package static let keyLengths = 16...64

    let hash: PBKDF2Hash
    let iterations: Int
    let salt: [UInt8]
    let key: [UInt8]

    /// - Throws: the first bound that is broken.
    init(
        hash: PBKDF2Hash?, iterations: Int?, salt: [UInt8]?, key: [UInt8]?
    ) throws(MalformedPasswordHash) {
        guard let hash else { throw MalformedPasswordHash("The PBKDF2 hash does not use SHA-1, SHA-256 or SHA-512.") }
        guard let salt, Self.saltLengths.contains(salt.count) else {
            throw MalformedPasswordHash("The salt of the PBKDF2 hash does not have 1 to 128 bytes, or is not base64.")
        }
        guard let key, Self.keyLengths.contains(key.count) else {
            throw MalformedPasswordHash("The PBKDF2 hash is not base64 of 16 to 64 bytes.")
        }
        guard let iterations, PBKDF2Bounds.contain(iterations: iterations, hash: hash, length: key.count) else {
            throw MalformedPasswordHash(
                "The iterations of the PBKDF2 hash are not a number from 1 to 10000000, counted for each block of key.")
        }
        self.hash = hash
        self.iterations = iterations
        self.salt = salt
        self.key = key
    }

    /// passlib's and Django's form.
    /// - Throws: the first thing that is wrong.
    init(parsing text: ArraySlice<UInt8>) throws(MalformedPasswordHash) {
        let parts = HashText.parts(text)
        if parts.count == 5, parts[0].isEmpty {
            let names: [(String, PBKDF2Hash)] = [
                ("pbkdf2", .sha1), ("pbkdf2-sha1", .sha1), ("pbkdf2-sha256", .sha256), ("pbkdf2-sha512", .sha512),
            ]
            try self.init(
                hash: Self.hash(named: parts[1], in: names), iterations: DecimalField.value(parts[2]),
                salt: Base64.decode(parts[3], dotForPlus: true), key: Base64.decode(parts[4], dotForPlus: true))
        } else if parts.count == 4 {
            let names: [(String, PBKDF2Hash)] = [("pbkdf2_sha1", .sha1), ("pbkdf2_sha256", .sha256)]
            try self.init(
                hash: Self.hash(named: parts[0], in: names), iterations: DecimalField.value(parts[1]),
                salt: Array(parts[2]), key: Base64.decode(parts[3]))
        } else {
            throw MalformedPasswordHash("The PBKDF2 hash does not have the form $pbkdf2-sha256$iterations$salt$hash.")
        }
    }

    /// OpenLDAP's form, without the name in braces.
    /// - Throws: the first thing that is wrong.
    init(openLDAP text: ArraySlice<UInt8>, hash: PBKDF2Hash) throws(MalformedPasswordHash) {
        let parts = HashText.parts(text)
        guard parts.count == 3 else {
            throw MalformedPasswordHash("The PBKDF2 hash does not have the form {PBKDF2-SHA256}iterations$salt$hash.")
        }
        try self.init(
            hash: hash, iterations: DecimalField.value(parts[0]), salt: Base64.decode(parts[1], dotForPlus: true),
            key: Base64.decode(parts[2], dotForPlus: true))
    }

    /// Spring Security's form, without the name in braces. The name implies costs that are not in the text. An encoder
    /// with other costs (or with a secret) writes other lengths, or cannot be recognised and then matches no password.
    /// - Throws: the first thing that is wrong.
    init(
        spring text: ArraySlice<UInt8>, hash: PBKDF2Hash, iterations: Int, saltLength: Int
    ) throws(MalformedPasswordHash) {
        guard let bytes = Hexadecimal.decode(text), bytes.count == saltLength + 32 else {
            throw MalformedPasswordHash(
                "A PBKDF2 hash of Spring Security does not say what it cost, and this one is not of the length that "
                    + "the encoder with this name writes: \(2 * (saltLength + 32)) hexadecimal digits.")
        }
        try self.init(
            hash: hash, iterations: iterations, salt: Array(bytes.prefix(saltLength)),
            key: Array(bytes.dropFirst(saltLength)))
    }

    private static func hash(named name: ArraySlice<UInt8>, in names: [(String, PBKDF2Hash)]) -> PBKDF2Hash? {
        names.first { name.elementsEqual($0.0.utf8) }?.1
    }

    /// Blocks the calling thread for the whole computation; compares in constant time.
    /// - Throws: `OpenSSLError` when libcrypto fails.
    func verify(_ password: [UInt8]) throws(OpenSSLError) -> Bool {
        let computed = try pbkdf2(
            password: password, salt: salt, iterations: iterations, hash: hash, length: key.count)
        return ConstantTime.equal(computed, key)
    }

    /// Iterations over all blocks of the key.
    private var work: Int { iterations * ((key.count + hash.blockBytes - 1) / hash.blockBytes) }

    /// Hashes of one kind cost the same.
    var kind: String { "pbkdf2 \(hash.rawValue) \(work)" }

    /// Cost in units of one hash with the default Argon2id parameters, roughly.
    var weight: Int { max(1, work / 50_000) }
}

extension PBKDF2PasswordHash {
    /// Whether this is base64 of what ASP.NET writes: the bytes of a format without a name. Version 3 begins with 1 and
    /// the number of the hash, version 2 with 0 and has 49 bytes.
    static func isASPNETIdentity(_ text: ArraySlice<UInt8>) -> Bool {
        if text.starts(with: "AQAAAA".utf8) { return true }
        guard text.count == 68, let bytes = Base64.decode(text) else { return false }
        return bytes.count == 49 && bytes[0] == 0
    }

    /// A hash of ASP.NET Core Identity (version 3), or of ASP.NET Identity (version 2): base64 of a version byte, for
    /// version 3 the hash, the iterations and the salt's length in four bytes each, then salt and key.
    /// - Throws: the first thing that is wrong.
    init(aspNETIdentity text: ArraySlice<UInt8>) throws(MalformedPasswordHash) {
        guard let bytes = Base64.decode(text), let version = bytes.first else {
            throw MalformedPasswordHash("The hash begins like one of ASP.NET Identity but is not base64.")
        }
        func number(at index: Int) -> Int { bytes[index..<(index + 4)].reduce(0) { $0 << 8 | Int($1) } }
        if version == 0 {
            try self.init(
                hash: .sha1, iterations: 1000, salt: Array(bytes.dropFirst().prefix(16)),
                key: Array(bytes.dropFirst(17)))
        } else {
            guard version == 1, bytes.count > 13, bytes.count - 13 >= number(at: 9) else {
                throw MalformedPasswordHash("The hash of ASP.NET Identity is cut off or damaged.")
            }
            let hashes = [PBKDF2Hash.sha1, .sha256, .sha512]
            let (hash, saltLength) = (number(at: 1), number(at: 9))
            try self.init(
                hash: hash < hashes.count ? hashes[hash] : nil, iterations: number(at: 5),
                salt: Array(bytes.dropFirst(13).prefix(saltLength)), key: Array(bytes.dropFirst(13 + saltLength)))
        }
    }
}
