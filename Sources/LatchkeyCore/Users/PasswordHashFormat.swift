package import Argon2
import OpenSSL

/// A stored password hash, parsed strictly: what does not fit one of these forms, or asks for more work than its bounds
/// allow, never reaches a C library.
///
/// Ours are Argon2id in the PHC form. The others are imported, verify once, and turn into Argon2id.
package enum PasswordHashFormat: Sendable {
    /// `$argon2id$…`, also `argon2i` and `argon2d` from elsewhere.
    case argon2(PHCString)
    /// `$2a$`, `$2b$`, `$2y$`, cost 4 to 14.
    case bcrypt(BcryptHash)
    case scrypt(ScryptHash)
    case pbkdf2(PBKDF2PasswordHash)

    /// - Throws: what is wrong, in words that quote nothing of the hash.
    package init(parsing text: String) throws(MalformedPasswordHash) {
        guard text.utf8.count <= 512 else { throw MalformedPasswordHash("The hash is longer than 512 characters.") }
        if text.hasPrefix("$argon2") {
            do { self = .argon2(try PHCString(parsing: text)) } catch { throw MalformedPasswordHash(describing: error) }
        } else if text.hasPrefix("$2") {
            do { self = .bcrypt(try BcryptHash(parsing: text)) } catch {
                throw MalformedPasswordHash(describing: error)
            }
        } else if text.hasPrefix("$scrypt$") {
            self = .scrypt(try ScryptHash(parsing: text))
        } else if text.hasPrefix("$pbkdf2") || text.hasPrefix("pbkdf2_") {
            self = .pbkdf2(try PBKDF2PasswordHash(parsing: text))
        } else {
            throw MalformedPasswordHash(
                "The hash has no known form: expected $argon2id$, $2b$, $scrypt$, $pbkdf2-sha256$, $pbkdf2-sha512$, "
                    + "$pbkdf2$ or pbkdf2_sha256$.")
        }
    }

    /// Whether a login that verified against this hash should store a new one.
    package func needsRehash(for policy: Argon2Parameters) -> Bool {
        switch self {
        case .argon2(let phc): phc.needsRehash(for: policy)
        case .bcrypt, .scrypt, .pbkdf2: true
        }
    }
}

/// Why a text is no password hash that this server verifies. The text itself is not in it.
package struct MalformedPasswordHash: Error, Equatable, CustomStringConvertible {
    /// One sentence, for the report of an import.
    package let description: String

    init(_ description: String) { self.description = description }

    init(describing error: MalformedPHCString) {
        let words =
            switch error {
            case .tooLong, .structure: "The Argon2 hash does not have the five parts of a PHC string."
            case .variant: "The Argon2 hash is not argon2id, argon2i or argon2d."
            case .version: "The Argon2 hash is not of version 19."
            case .parameters: "The cost of the Argon2 hash is not written as m=…,t=…,p=…."
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
