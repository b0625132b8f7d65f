import LatchkeyBytes
package import LatchkeyTokens

/// How users have proven who they are (RFC 8176).
package enum AuthenticationMethod: String, Sendable {
    case password = "pwd"

    /// Whether it says who the user is, so that `auth_time` is its instant.
    package var isFirst: Bool { self == .password }
}

/// One proof, and its time.
package struct Proof: Sendable, Equatable {
    package let method: AuthenticationMethod
    package let at: Timestamp

    package init(_ method: AuthenticationMethod, at instant: Timestamp) {
        self.method = method
        at = instant
    }
}

extension [Proof] {
    /// `auth_time` (OpenID Connect Core 2): when the password was checked last.
    package var authenticatedAt: Timestamp? { last(where: \.method.isFirst)?.at }

    /// `amr` (RFC 8176).
    package var methods: [String] { map(\.method.rawValue) }

    /// As stored: `pwd:1795420800000`, separated by spaces.
    package var text: String { map { "\($0.method.rawValue):\($0.at.milliseconds)" }.joined(separator: " ") }

    /// Nil unless every element has that form and a method that this program knows: a proof that cannot be read proves
    /// nothing, and the rest might then say more than was proven.
    package init?(text: String) {
        self = []
        for word in text.utf8.split(separator: UInt8(ascii: " ")) {
            let parts = word.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard parts.count == 2, let method = String(parts[0]).flatMap({ AuthenticationMethod(rawValue: $0) }),
                let instant = String(parts[1]).flatMap({ Int64($0) })
            else { return nil }
            append(Proof(method, at: Timestamp(milliseconds: instant)))
        }
    }
}
