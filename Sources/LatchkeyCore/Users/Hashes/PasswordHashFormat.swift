package import Argon2
import OpenSSL

/// A stored password hash, parsed strictly: text that does not fit one of these forms, or asks for more work than its
/// limits allow, never reaches a C library.
///
/// Our own hashes are Argon2id in the PHC form. The others are imported, verify once, and are replaced by Argon2id.
package enum PasswordHashFormat: Sendable {
    /// `$argon2id$…`: made here.
    case argon2(PHCString)
    /// Argon2 of another system, which may have hashed other bytes of the same password.
    case foreignArgon2(PHCString)
    /// `$2a$`, `$2b$`, `$2y$`, cost 4 to 14.
    case bcrypt(BcryptHash)
    case digestedBcrypt(DigestedBcryptHash)
    case scrypt(ScryptHash)
    case pbkdf2(PBKDF2PasswordHash)

    /// The longest text that is read, in bytes: Keycloak's JSON is the longest form.
    static let maximumLength = 2048

    /// Reads a hash from the store.
    /// - Throws: what is wrong, in words that quote nothing of the hash.
    package init(parsing text: String) throws(MalformedPasswordHash) {
        let bytes = Array(text.utf8.prefix(Self.maximumLength + 1))
        guard bytes.count <= Self.maximumLength else {
            throw MalformedPasswordHash("The hash is longer than 2048 bytes.")
        }
        if bytes.starts(with: "$argon2".utf8) {
            self = .argon2(try Self.argon2(bytes[...]))
        } else {
            self = try Self.foreign(bytes[...])
        }
    }

    /// The text under which a hash of another system is stored. Argon2 gets a prefix (Django's name for it). Otherwise
    /// it would look like a hash that was made here, over NFC.
    package static func storedForm(ofImported text: String) -> String {
        text.utf8.starts(with: "$argon2".utf8) ? "argon2" + text : text
    }

    /// Whether another system made it. A sign-in with such a hash replaces it with one of ours.
    package var isForeign: Bool {
        if case .argon2 = self { false } else { true }
    }

    /// Whether a login that verified against this hash should store a new one.
    package func needsRehash(for policy: Argon2Parameters) -> Bool {
        if case .argon2(let phc) = self { phc.needsRehash(for: policy) } else { true }
    }

    /// Prefixes before a hash that has a form of its own.
    private static let frames: [(name: String, rest: String)] = [
        ("argon2", "$argon2"), ("{argon2}", "$argon2"), ("{ARGON2}", "$argon2"),
        ("{argon2@SpringSecurity_v5_2}", "$argon2"), ("{argon2@SpringSecurity_v5_8}", "$argon2"),
        ("bcrypt$", "$2"), ("{bcrypt}", "$2"), ("{CRYPT}", "$"), ("{crypt}", "$"), ("{BLF-CRYPT}", "$2"),
    ]

    private static func foreign(_ text: ArraySlice<UInt8>) throws(MalformedPasswordHash) -> PasswordHashFormat {
        let framed = frames.lazy.compactMap { frame in
            HashText.rest(of: text, after: frame.name).flatMap { $0.starts(with: frame.rest.utf8) ? $0 : nil }
        }.first
        if let framed { return try unframed(framed) }
        if let rest = HashText.rest(of: text, after: "bcrypt_sha256$") {
            return .digestedBcrypt(try DigestedBcryptHash(django: rest))
        }
        if let format = try spring(text) { return format }
        if let format = try openLDAP(text) { return format }
        if text.starts(with: "scrypt$".utf8) { return .scrypt(try ScryptHash(django: text)) }
        if text.starts(with: "pbkdf2_".utf8) { return .pbkdf2(try PBKDF2PasswordHash(parsing: text)) }
        // A name in braces has no quotation mark before it ends.
        if text.first == UInt8(ascii: "{"), text.dropFirst().first(where: { $0 > 0x20 }) == UInt8(ascii: "\"") {
            return try KeycloakCredential(parsing: text).format()
        }
        if PBKDF2PasswordHash.isASPNETIdentity(text) {
            return .pbkdf2(try PBKDF2PasswordHash(aspNETIdentity: text))
        }
        return try unframed(text)
    }

    /// A hash that begins with `$` and its own name.
    private static func unframed(_ text: ArraySlice<UInt8>) throws(MalformedPasswordHash) -> PasswordHashFormat {
        if text.starts(with: "$argon2".utf8) { return .foreignArgon2(try foreignArgon2(text)) }
        if text.starts(with: "$2".utf8) { return .bcrypt(try bcrypt(text)) }
        if let rest = HashText.rest(of: text, after: "$bcrypt-sha256$") {
            return .digestedBcrypt(try DigestedBcryptHash(passlib: rest))
        }
        if text.starts(with: "$scrypt$".utf8) { return .scrypt(try ScryptHash(passlib: text)) }
        if text.starts(with: "$pbkdf2".utf8) { return .pbkdf2(try PBKDF2PasswordHash(parsing: text)) }
        throw UnreadableHash(text)?.refusal
            ?? MalformedPasswordHash(
                "The hash has no known form: expected Argon2, bcrypt, scrypt or PBKDF2 as Django, Spring Security, "
                    + "passlib, Keycloak or ASP.NET Identity write them.")
    }

    private static func spring(_ text: ArraySlice<UInt8>) throws(MalformedPasswordHash) -> PasswordHashFormat? {
        for name in ["{scrypt}", "{scrypt@SpringSecurity_v5_8}"] {
            if let rest = HashText.rest(of: text, after: name) { return .scrypt(try ScryptHash(spring: rest)) }
        }
        if let rest = HashText.rest(of: text, after: "{pbkdf2}") {
            return .pbkdf2(try PBKDF2PasswordHash(spring: rest, hash: .sha1, iterations: 185_000, saltLength: 8))
        }
        if let rest = HashText.rest(of: text, after: "{pbkdf2@SpringSecurity_v5_8}") {
            return .pbkdf2(try PBKDF2PasswordHash(spring: rest, hash: .sha256, iterations: 310_000, saltLength: 16))
        }
        return nil
    }

    private static func openLDAP(_ text: ArraySlice<UInt8>) throws(MalformedPasswordHash) -> PasswordHashFormat? {
        let names: [(String, PBKDF2Hash)] = [
            ("{PBKDF2}", .sha1), ("{PBKDF2-SHA1}", .sha1), ("{PBKDF2-SHA256}", .sha256), ("{PBKDF2-SHA512}", .sha512),
        ]
        for (name, hash) in names {
            guard let rest = HashText.rest(of: text, after: name) else { continue }
            return .pbkdf2(try PBKDF2PasswordHash(openLDAP: rest, hash: hash))
        }
        return nil
    }

    /// Memory in KiB times iterations. Anybody who knows a name can have its hash computed, so an imported one must not
    /// hold a hash thread for longer than bcrypt of cost 14 does: a second or two for each of its two tries.
    private static let mostForeignWork = 4_194_304

    private static func foreignArgon2(_ text: ArraySlice<UInt8>) throws(MalformedPasswordHash) -> PHCString {
        let phc = try argon2(text)
        guard phc.parameters.memoryKiB * phc.parameters.iterations <= mostForeignWork else {
            throw MalformedPasswordHash(
                "The hash asks for too much work: memory in KiB times iterations may be 4194304 at most.")
        }
        return phc
    }

    private static func argon2(_ text: ArraySlice<UInt8>) throws(MalformedPasswordHash) -> PHCString {
        do {
            return try PHCString(parsing: String(decoding: text, as: UTF8.self))
        } catch {
            throw MalformedPasswordHash(describing: error)
        }
    }

    private static func bcrypt(_ text: ArraySlice<UInt8>) throws(MalformedPasswordHash) -> BcryptHash {
        do {
            return try BcryptHash(parsing: String(decoding: text, as: UTF8.self))
        } catch {
            throw MalformedPasswordHash(describing: error)
        }
    }
}

/// Why a text is not a password hash that this server verifies. It does not contain the text itself.
package struct MalformedPasswordHash: Error, Equatable, CustomStringConvertible {
    /// For the report of an import.
    package let description: String

    init(_ description: String) { self.description = description }

    init(describing error: MalformedPHCString) {
        let words =
            switch error {
            case .tooLong, .structure: "The Argon2 hash does not have the five parts of a PHC string."
            case .variant: "The Argon2 hash is not argon2id, argon2i or argon2d."
            case .version: "The Argon2 hash is not of version 19."
            case .parameters: "The cost of the Argon2 hash is not made of m=…, t=… and p=…, each once."
            case .missing(let letter):
                "The Argon2 hash does not say \(letter): without it the hash cannot be computed. Export m, t and p."
            case .outOfBounds(let bound): "The cost of the Argon2 hash is out of bounds: \(bound)."
            case .salt: "The salt of the Argon2 hash is not base64 of 8 to 64 bytes."
            case .tag: "The tag of the Argon2 hash is not base64 of 16 to 64 bytes."
            }
        self.init(words)
    }

    init(describing error: MalformedBcryptHash) {
        let words =
            switch error {
            case .length: "The bcrypt hash does not have 60 characters."
            case .prefix: "The bcrypt hash does not begin with $2a$, $2b$ or $2y$."
            case .cost: "The cost of the bcrypt hash is not 04 to 14."
            case .salt, .tag: "The bcrypt hash is not written in the base64 of bcrypt."
            }
        self.init(words)
    }
}
