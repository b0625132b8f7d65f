/// An ordered set of scope tokens as in RFC 6749 section 3.3: at most 64 of them in 1024 bytes.
///
/// Equality respects the order; ``isSubset(of:)`` both ways compares as sets.
public struct Scope: Sendable, Hashable, LosslessStringConvertible {
    /// The right to manage one's own account through our API. Never in one token with scopes of other services.
    package static let latchkeyAccount = "latchkey:account"
    /// The right to administer through our API. Never in one token with scopes of other services.
    package static let latchkeyAdmin = "latchkey:admin"
    /// The right of a service to manage and poll its own stream of security events. Never in one token with scopes of
    /// other services.
    package static let latchkeyEvents = "latchkey:events"
    /// Asks for an ID token and for UserInfo (OpenID Connect Core 3.1.2.1, 5.3).
    package static let openID = "openid"
    /// Asks for a session that outlives the sign-out of the browser (OpenID Connect Core 11).
    package static let offlineAccess = "offline_access"
    /// The longest text that is read, in bytes.
    package static let maximumLength = 1024
    /// The most tokens that are read.
    package static let maximumTokens = 64

    /// The tokens in the order in which they first appeared.
    public private(set) var tokens: [String]

    /// The scope without tokens.
    public init() {
        tokens = []
    }

    /// Reads tokens separated by single spaces. Repeated tokens count once; empty text is the empty scope; nil for a
    /// character outside the grammar, extra spaces, or more than the limits allow.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength else { return nil }
        // By bytes: a space is never a part of another character, and finding characters takes longer.
        let bytes = Array(text.utf8)
        var unique: [String] = []
        unique.reserveCapacity(4)
        var start = 0
        while start <= bytes.count, !bytes.isEmpty {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: " ")) ?? bytes.count
            let part = bytes[start..<end]
            start = end + 1
            guard Self.isToken(part) else { return nil }
            let token = String(decoding: part, as: UTF8.self)
            if unique.contains(token) { continue }
            guard unique.count < Self.maximumTokens else { return nil }
            unique.append(token)
        }
        tokens = unique
    }

    /// The set of `tokens`; nil when one of them is not a scope token or a limit is exceeded.
    public init?(tokens: [String]) {
        var unique: [String] = []
        var length = 0
        for token in tokens {
            guard Self.isToken(Array(token.utf8)[...]) else { return nil }
            if unique.contains(token) { continue }
            guard unique.count < Self.maximumTokens else { return nil }
            length += token.utf8.count + (unique.isEmpty ? 0 : 1)
            guard length <= Self.maximumLength else { return nil }
            unique.append(token)
        }
        self.tokens = unique
    }

    private init(unchecked tokens: [String]) {
        self.tokens = tokens
    }

    /// Whether there is no token.
    public var isEmpty: Bool { tokens.isEmpty }

    /// Whether `token` is in the set. Case matters.
    public func contains(_ token: String) -> Bool {
        tokens.contains(token)
    }

    /// Whether every token is also in `other`. The empty scope is a subset of any.
    public func isSubset(of other: Scope) -> Bool {
        tokens.allSatisfy { other.contains($0) }
    }

    /// The tokens that are also in `other`, in this scope's order.
    package func intersection(_ other: Scope) -> Scope {
        filter { other.contains($0) }
    }

    /// The tokens that are not in `other`, in this scope's order.
    package func subtracting(_ other: Scope) -> Scope {
        filter { !other.contains($0) }
    }

    /// The tokens that satisfy `keep`, in this scope's order.
    package func filter(_ keep: (String) -> Bool) -> Scope {
        // Nearly always all of them do.
        guard let first = tokens.firstIndex(where: { !keep($0) }) else { return self }
        return Scope(unchecked: tokens[..<first] + tokens[(first + 1)...].filter(keep))
    }

    /// The wire form: tokens joined by single spaces.
    public var description: String {
        var text = ""
        text.reserveCapacity(tokens.reduce(tokens.count) { $0 + $1.utf8.count })
        for token in tokens {
            if !text.isEmpty { text += " " }
            text += token
        }
        return text
    }

    /// scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
    private static func isToken(_ text: ArraySlice<UInt8>) -> Bool {
        !text.isEmpty
            && text.allSatisfy {
                (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
    }
}
