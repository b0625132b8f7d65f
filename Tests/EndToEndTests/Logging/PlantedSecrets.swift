import LatchkeyBytes
import LatchkeyTokens
import TestSupport

/// What the test planted, and what the server gave out.
struct PlantedSecrets {
    /// Of the browser application.
    static let origin = "http://localhost:5173"

    var traces: [SecretTraces] = []
    /// What commands wrote to standard error.
    var commandErrors = ""

    /// A text unlike anything that could be in a file by chance.
    mutating func plant(_ name: String) -> String {
        let text = "canary-\(name)-" + Base64URL.string(RandomBytes.make(18))
        traces.append(SecretTraces(name, text))
        return text
    }

    /// Takes the tokens out of an answer, from the body and from the cookie.
    mutating func note(_ response: TestResponse, _ name: String) {
        if let token = response["refresh_token"] {
            traces += SecretTraces.refreshToken("refresh token, \(name)", token)
        }
        if let token = response["access_token"] { traces += SecretTraces.accessToken("access token, \(name)", token) }
        if let token = Self.cookie(response)?.value {
            traces += SecretTraces.refreshToken("cookie, \(name)", token)
        }
    }

    /// The cookie as a browser sends it back, and its value alone.
    static func cookie(_ response: TestResponse) -> (pair: String, value: String)? {
        guard let pair = response[field: "Set-Cookie"]?.split(separator: ";").first else { return nil }
        return (String(pair), String(pair.split(separator: "=").last ?? ""))
    }
}
