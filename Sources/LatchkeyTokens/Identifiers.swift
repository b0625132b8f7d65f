import LatchkeyBytes

/// The id of a user: `sub` of the access tokens of that user's sessions.
public typealias UserID = UUIDIdentifier<UserKind>

/// The id of a session: `sid` of its access tokens.
public typealias SessionID = UUIDIdentifier<SessionKind>

/// Distinguishes ids of users from other ids.
public enum UserKind {}

/// Distinguishes ids of sessions from other ids.
public enum SessionKind {}

/// The id of something that this server creates: a UUID. `Kind` says what it names, so that a user's id is never taken
/// for a session's.
public struct UUIDIdentifier<Kind>: Sendable, Hashable, Comparable, LosslessStringConvertible {
    let value: UUIDv7

    /// Reads the canonical lower-case UUID text of 36 characters; nil for anything else.
    public init?(_ text: String) {
        guard let value = UUIDv7(text: text) else { return nil }
        self.value = value
    }

    /// Reads exactly 16 bytes, as stored; nil for any other number.
    public init?(bytes: [UInt8]) {
        guard let value = UUIDv7(bytes: bytes) else { return nil }
        self.value = value
    }

    /// Reads exactly 16 bytes, as stored; nil for any other number.
    public init?(bytes: some Collection<UInt8>) {
        guard let value = UUIDv7(bytes: bytes) else { return nil }
        self.value = value
    }

    private init(_ value: UUIDv7) {
        self.value = value
    }

    /// A new UUIDv7. `random` is called once, for ten bytes.
    package static func generate(at instant: Timestamp, random: (Int) -> [UInt8]) -> UUIDIdentifier {
        UUIDIdentifier(UUIDv7(at: instant, random: random(10)))
    }

    /// A new UUIDv7 with random bytes from the operating system.
    package static func generate(at instant: Timestamp) -> UUIDIdentifier {
        generate(at: instant, random: RandomBytes.make)
    }

    /// The 16 bytes as stored.
    public var bytes: [UInt8] { value.bytes }

    /// The canonical lower-case UUID text.
    public var description: String { value.text }

    /// The order of the stored bytes: for version 7 the order of creation, to the millisecond.
    public static func < (lhs: UUIDIdentifier, rhs: UUIDIdentifier) -> Bool { lhs.value < rhs.value }
}

/// The name of a client: `client_id`, 1 to 64 characters of `A-Z a-z 0-9 . _ -`, not only dots.
///
/// Never in the form of a UUID in any letter case: a `sub` is either a user's id or, for client credentials, a client
/// id, and the two must not be mistaken for each other (RFC 9068 section 5).
public struct ClientID: Sendable, Hashable, Comparable, LosslessStringConvertible {
    /// The text as registered; case matters.
    public let description: String

    /// Nil unless `text` has the form of a client id.
    public init?(_ text: String) {
        guard (1...64).contains(text.utf8.count), !Self.isUUID(text) else { return nil }
        let allowed = text.utf8.allSatisfy { character in
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        // `.` and `..` could never be part of a path of the admin API.
        guard allowed, text.utf8.contains(where: { $0 != UInt8(ascii: ".") }) else { return nil }
        description = text
    }

    private static func isUUID(_ text: String) -> Bool {
        text.utf8.count == 36 && UUIDv7(text: text.asciiLowercased) != nil
    }

    /// The order of the characters' codes.
    public static func < (lhs: ClientID, rhs: ClientID) -> Bool { lhs.description < rhs.description }
}

/// The id of one access token, `jti`: 128 random bits as base64url when we make it; up to 128 characters when read.
public struct TokenID: Sendable, Hashable, LosslessStringConvertible {
    /// The text as it appears in the token; case matters.
    public let description: String

    /// Nil unless `text` is 1 to 128 characters of the base64url alphabet.
    public init?(_ text: String) {
        guard (1...128).contains(text.utf8.count), Base64URL.consistsOfAlphabet(text) else { return nil }
        description = text
    }

    private init(bytes: [UInt8]) {
        description = Base64URL.string(bytes)
    }

    /// A new id. `random` is called once, for 16 bytes.
    package static func generate(random: (Int) -> [UInt8]) -> TokenID {
        let bytes = random(16)
        precondition(bytes.count == 16, "a token id takes 16 random bytes")
        return TokenID(bytes: bytes)
    }

    /// A new id from random bytes of the operating system.
    package static func generate() -> TokenID {
        generate(random: RandomBytes.make)
    }
}

/// The id of a signing key, `kid`: its RFC 7638 thumbprint under SHA-256, 43 characters of base64url.
public struct KeyID: Sendable, Hashable, Comparable, LosslessStringConvertible {
    /// The text as it appears in headers and key sets.
    public let description: String

    /// Nil unless `text` is the canonical base64url of 32 bytes.
    public init?(_ text: String) {
        guard text.utf8.count == 43, Base64URL.decode(text) != nil else { return nil }
        description = text
    }

    init(thumbprint: [UInt8]) {
        precondition(thumbprint.count == 32, "a key id is a SHA-256 thumbprint")
        description = Base64URL.string(thumbprint)
    }

    /// The order of the characters' codes.
    public static func < (lhs: KeyID, rhs: KeyID) -> Bool { lhs.description < rhs.description }
}
