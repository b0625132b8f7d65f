import Argon2
import LatchkeyBytes
import LatchkeyTokens
import OpenSSL

/// A credential as Keycloak exports it, in a realm's file or from its table `credential`: a JSON object with
/// `secretData` and `credentialData`, each a JSON object again, written as a string.
///
/// Other members of the credential (its id, label and date) say nothing about the password and are ignored.
struct KeycloakCredential {
    private let algorithm: String
    private let iterations: Int?
    private let parameters: JSONObject?
    private let salt: [UInt8]?
    private let value: [UInt8]?

    /// - Throws: the first thing that is wrong.
    init(parsing text: ArraySlice<UInt8>) throws(MalformedPasswordHash) {
        guard let credential = Self.object(Array(text)) else {
            throw MalformedPasswordHash("The hash begins like a JSON object but is not one.")
        }
        guard credential["passwordHash"] == nil else { throw UnreadableHash.firebase.refusal }
        guard let secret = Self.object(credential["secretData"]), let data = Self.object(credential["credentialData"])
        else {
            throw MalformedPasswordHash(
                "The JSON object is not a credential of Keycloak: it needs the members secretData and credentialData, "
                    + "each a string with a JSON object in it.")
        }
        guard credential["type"].map({ Self.isText($0, "password") }) ?? true else {
            throw MalformedPasswordHash("The credential of Keycloak is not a password.")
        }
        algorithm = data["algorithm"]?.string ?? ""
        iterations = data["hashIterations"]?.integer.flatMap { (1...Int64(1) << 32).contains($0) ? Int($0) : nil }
        parameters = data["additionalParameters"]?.object
        salt = Self.bytes(secret["salt"])
        value = Self.bytes(secret["value"])
    }

    /// The hash inside.
    /// - Throws: what cannot be read, the name of its algorithm first.
    func format() throws(MalformedPasswordHash) -> PasswordHashFormat {
        let hashes: [(String, PBKDF2Hash)] = [
            ("pbkdf2", .sha1), ("pbkdf2-sha256", .sha256), ("pbkdf2-sha512", .sha512),
        ]
        if let hash = hashes.first(where: { algorithm.utf8.elementsEqual($0.0.utf8) })?.1 {
            return .pbkdf2(try PBKDF2PasswordHash(hash: hash, iterations: iterations, salt: salt, key: value))
        }
        guard algorithm.utf8.elementsEqual("argon2".utf8) else {
            throw MalformedPasswordHash(
                "The algorithm of Keycloak's credential is not pbkdf2, pbkdf2-sha256, pbkdf2-sha512 or argon2.")
        }
        return .foreignArgon2(try argon2())
    }

    private func argon2() throws(MalformedPasswordHash) -> PHCString {
        guard let type = parameter("type"), let version = parameter("version"), version.elementsEqual("1.3".utf8),
            let variant = Argon2Variant.allCases.first(where: { type.elementsEqual($0.rawValue.utf8.dropFirst(6)) }),
            let memory = parameter("memory").flatMap({ DecimalField.value($0) }),
            let parallelism = parameter("parallelism").flatMap({ DecimalField.value($0) }),
            let iterations, let salt, let value
        else {
            throw MalformedPasswordHash(
                "Keycloak's Argon2 credential needs salt, value, hashIterations, and of the additionalParameters type, "
                    + "version 1.3, memory and parallelism.")
        }
        do {
            let cost = try Argon2Parameters(memoryKiB: memory, iterations: iterations, parallelism: parallelism)
            return try PHCString(variant: variant, parameters: cost, checkingSalt: salt, tag: value)
        } catch let error as Argon2ParametersError {
            throw MalformedPasswordHash(describing: MalformedPHCString.outOfBounds(error))
        } catch let error as MalformedPHCString {
            throw MalformedPasswordHash(describing: error)
        } catch {
            throw MalformedPasswordHash("Keycloak's Argon2 credential cannot be read.")
        }
    }

    /// The only string in the list under this name.
    private func parameter(_ name: String) -> ArraySlice<UInt8>? {
        guard let texts = parameters?[name]?.strings, texts.count == 1 else { return nil }
        return Array(texts[0].utf8)[...]
    }

    private static func isText(_ value: JSONValue, _ text: String) -> Bool {
        value.string?.utf8.elementsEqual(text.utf8) ?? false
    }

    private static func bytes(_ value: JSONValue?) -> [UInt8]? {
        value?.string.flatMap { Base64.decode(Array($0.utf8)[...]) }
    }

    private static func object(_ value: JSONValue?) -> JSONObject? {
        value?.string.flatMap { object(Array($0.utf8)) }
    }

    private static func object(_ text: [UInt8]) -> JSONObject? {
        try? StrictJSON.parseObject(text, maximumLength: PasswordHashFormat.maximumLength, maximumDepth: 6)
    }
}
