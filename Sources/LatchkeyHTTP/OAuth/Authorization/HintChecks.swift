import LatchkeyCore
import LatchkeyTokens

/// Parameters that are wishes (OpenID Connect Core 3.1.2.1): unknown values are passed over, long ones are refused.
///
/// | parameter | what is kept | refused with `invalid_request` |
/// | --- | --- | --- |
/// | `acr_values` | the values in their order, known or not | more than 16, or more than 1,024 bytes |
/// | `login_hint` | the text | more than 512 bytes |
/// | `ui_locales` | the first 8 that have the form of a language tag (RFC 5646) | never |
/// | `display`, `claims_locales`, `claims`, any other | nothing | never |
enum HintChecks {
    static func acrValues(_ sent: AuthorizationParameters) throws(AuthorizationError) -> [String] {
        let values = sent.words("acr_values")
        guard values.count <= 16, sent["acr_values"]?.utf8.count ?? 0 <= 1024 else {
            throw AuthorizationError(.invalidRequest, "There are more than 16 acr_values, or 1024 bytes of them.")
        }
        return values
    }

    static func loginHint(_ sent: AuthorizationParameters) throws(AuthorizationError) -> String? {
        guard let hint = sent["login_hint"] else { return nil }
        guard hint.utf8.count <= 512 else {
            throw AuthorizationError(.invalidRequest, "The login_hint is longer than 512 bytes.")
        }
        return hint
    }

    static func uiLocales(_ sent: AuthorizationParameters) -> [String] {
        Array(sent.words("ui_locales").filter(isLanguageTag).prefix(8))
    }

    private static func isLanguageTag(_ text: String) -> Bool {
        text.utf8.count <= 35
            && text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).allSatisfy { part in
                (1...8).contains(part.count)
                    && part.allSatisfy { byte in
                        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    }
            }
    }
}
