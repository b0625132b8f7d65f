import LatchkeyTokens

/// A claim of OpenID Connect Core 5.1 that is kept among the further claims. Applications rely on its form.
struct StandardClaim: Sendable {
    private enum Form: Sendable { case text, address, url, date, flag, phone }

    let name: String
    /// The scope that releases it (OpenID Connect Core 5.4).
    let scope: String
    private let form: Form

    private init(_ name: String, _ scope: String, _ form: Form) {
        self.name = name
        self.scope = scope
        self.form = form
    }

    /// In the order in which they are released.
    static let all = [
        StandardClaim("given_name", "profile", .text), StandardClaim("family_name", "profile", .text),
        StandardClaim("middle_name", "profile", .text), StandardClaim("nickname", "profile", .text),
        StandardClaim("profile", "profile", .url), StandardClaim("picture", "profile", .url),
        StandardClaim("website", "profile", .url), StandardClaim("gender", "profile", .text),
        StandardClaim("birthdate", "profile", .date), StandardClaim("address", "address", .address),
        StandardClaim("phone_number", "phone", .phone), StandardClaim("phone_number_verified", "phone", .flag),
    ]

    static func named(_ name: String) -> StandardClaim? { all.first { $0.name.equalsBytes(of: name) } }

    /// The accepted values, in words that follow "must be".
    var accepted: String {
        switch form {
        case .text: "a text of 1 to 256 bytes"
        case .address: "an object of texts with the members of OpenID Connect Core 5.1.1"
        case .url: "an http or https URL of at most 2048 bytes"
        case .date: "a date like 1815-12-10, 0000-12-10 or 1815"
        case .flag: "true or false"
        case .phone: "a telephone number like +49 30 123456"
        }
    }

    func accepts(_ value: JSONValue) -> Bool {
        switch form {
        case .text: value.string.map { (1...256).contains($0.utf8.count) } ?? false
        case .address: value.object.map(Self.isAddress) ?? false
        case .url: value.string.map(Self.isURL) ?? false
        case .date: value.string.map(Self.isDate) ?? false
        case .flag: value.bool != nil
        case .phone: value.string.map(Self.isPhone) ?? false
        }
    }

    private static let addressMembers = [
        "formatted", "street_address", "locality", "region", "postal_code", "country",
    ]

    private static func isAddress(_ address: JSONObject) -> Bool {
        !address.members.isEmpty
            && address.members.allSatisfy { member in
                addressMembers.containsBytes(of: member.name) && member.value.string?.isEmpty == false
            }
    }

    /// Applications make a link or an image of it, so nothing but these two schemes, and no character that could end
    /// an attribute.
    private static func isURL(_ text: String) -> Bool {
        guard
            let prefix = ["https://", "http://"].first(where: {
                text.utf8.prefix(8).asciiLowercased.beginsWithBytes(of: $0)
            }),
            (prefix.utf8.count + 1...2048).contains(text.utf8.count)
        else { return false }
        return text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\"'<>\\^`{|}".utf8.contains($0) }
    }

    private static func isDate(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 4 || bytes.count == 10, bytes.prefix(4).allSatisfy(\.isASCIIDigit) else { return false }
        guard bytes.count == 10 else { return true }
        guard bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let month = number(bytes[5..<7]), let day = number(bytes[8..<10])
        else { return false }
        return (1...12).contains(month) && (1...31).contains(day)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy(\.isASCIIDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func isPhone(_ text: String) -> Bool {
        (3...64).contains(text.utf8.count) && text.utf8.contains(where: \.isASCIIDigit)
            && text.utf8.allSatisfy { $0.isASCIIDigit || "+ ().-;=ext".utf8.contains($0) }
    }
}
