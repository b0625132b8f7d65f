import Crypto
import Foundation
import LatchkeyTokens

/// A secret and every form in which it could be written down.
struct SecretTraces: Sendable {
    let name: String
    let forms: [(form: String, bytes: [UInt8])]

    /// - Parameter withHashes: whether its SHA-256 must not be found either.
    init(_ name: String, _ bytes: [UInt8], withHashes: Bool = true) {
        self.name = name
        var forms = Self.spellings("", bytes)
        if withHashes { forms += Self.spellings("SHA-256 ", Array(SHA256.hash(data: bytes))) }
        self.forms = forms
    }

    init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }

    private static func spellings(_ prefix: String, _ bytes: [UInt8]) -> [(String, [UInt8])] {
        let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let base64 = Data(bytes).base64EncodedString().replacing("=", with: "")
        return [
            (prefix + "raw", bytes), (prefix + "hex", Array(hex.utf8)), (prefix + "HEX", Array(hex.uppercased().utf8)),
            (prefix + "base64", Array(base64.utf8)), (prefix + "base64url", Base64URL.encode(bytes)),
        ]
    }

    /// The forms found in `data`, without the secret itself.
    func found(in data: Data) -> [String] {
        forms.filter { !$0.bytes.isEmpty && data.range(of: Data($0.bytes)) != nil }.map { "\(name) (\($0.form))" }
    }
}

extension SecretTraces {
    /// A refresh token as text, and its 45 bytes and its tag, which is what a careless server would store.
    static func refreshToken(_ name: String, _ text: String) -> [SecretTraces] {
        let decoded = Base64URL.decode(String(text.dropFirst(4))) ?? []
        return [
            SecretTraces(name, text), SecretTraces("\(name), bytes", decoded),
            SecretTraces("\(name), tag", Array(decoded.suffix(24))),
        ]
    }

    /// A session token as text, and its 41 bytes and its tag.
    static func sessionToken(_ name: String, _ text: String) -> [SecretTraces] { refreshToken(name, text) }

    /// An access token as text, and its signature alone, which would turn its other parts into the token again.
    static func accessToken(_ name: String, _ text: String) -> [SecretTraces] {
        let signature = text.split(separator: ".").last.map(String.init) ?? ""
        return [
            SecretTraces(name, text), SecretTraces("\(name), signature", signature),
            SecretTraces("\(name), raw signature", Base64URL.decode(signature) ?? []),
        ]
    }
}
