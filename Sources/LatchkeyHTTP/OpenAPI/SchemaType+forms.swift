import LatchkeyCore
import LatchkeyTokens

/// Forms of text and ranges of numbers that occur in several places. The code that reads a value judges it; what stands
/// here tells callers before, and must refuse nothing that is accepted there.
extension SchemaType {
    /// A text that is not empty.
    static let nonEmpty = SchemaType.text(Lengths(1))
    /// See `ClientID`.
    static let clientID = SchemaType.text(Lengths(1, most: 64), "^[A-Za-z0-9._-]+$")
    /// Ids of users, sessions and streams (RFC 9562 4).
    static let uuid = SchemaType.text(
        Lengths(36, most: 36), "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
    /// RFC 6749 3.3.
    static let neededScope = SchemaType.text(Lengths(1, most: Scope.maximumLength), #"^[!#-\[\]-~]+( [!#-\[\]-~]+)*$"#)
    /// The same, or empty for none.
    static let scope = SchemaType.text(Lengths(0, most: Scope.maximumLength), #"^([!#-\[\]-~]+( [!#-\[\]-~]+)*)?$"#)
    /// Printable ASCII without spaces.
    static let consumer = SchemaType.text(Lengths(1, most: RevocationPoll.longestConsumer), "^[!-~]+$")
    /// A text that can stand in one line: see `OneLineText`.
    static func line(_ least: Int, most: Int) -> SchemaType {
        .text(
            Lengths(least, most: most),
            #"^[^\x00-\x1F\x7F-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]*$"#)
    }

    /// A user, by id or name, where either is named in a body or a query.
    static let user = nonEmpty
    /// See `UserName`.
    static let userName = line(1, most: UserName.maximumCodePoints)
    /// See `EmailAddress`.
    static let email = SchemaType.text(Lengths(3, most: EmailAddress.maximumBytes))
    static let displayName = line(1, most: ProfileText.maximumNameLength)
    /// RFC 5646 2.1, by its form.
    static let locale = SchemaType.text(
        Lengths(2, most: ProfileText.maximumTagLength), "^[A-Za-z]{2,8}((-[A-Za-z0-9]{1,8})*-[A-Za-z0-9]{2,8})?$")
    static let zoneinfo = SchemaType.text(
        Lengths(3, most: ProfileText.maximumTagLength),
        "^(UTC|[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z][A-Za-z0-9_+-]{0,31}){1,2})$")
    /// See `UserRoles`.
    static let roles = SchemaType.array(.text(Lengths(1, most: UserRoles.maximumLength), "^[A-Za-z0-9._:/-]+$"))
    static let password = SchemaType.text(Lengths(0, most: Password.maximumBytes))

    /// An access token's, in seconds.
    static let accessLifetime = SchemaType.number(
        Settings.Tokens.shortestLifetime.components.seconds...Settings.Tokens.longestLifetime.components.seconds)
    /// Whole numbers that are not negative. JavaScript holds each of them exactly.
    static let natural = SchemaType.number(0...(1 << 53))
    /// A `seq`, which counts from 1.
    static let position = SchemaType.number(1...(1 << 53))
}
