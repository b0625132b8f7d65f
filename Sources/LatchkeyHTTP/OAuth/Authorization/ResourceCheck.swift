import LatchkeyCore
import LatchkeyTokens

/// `resource` (RFC 8707 2), which may be repeated.
///
/// | sent | then |
/// | --- | --- |
/// | nothing | the client's audiences, as ever |
/// | audiences of the client's tokens | those, each once |
/// | anything else | `invalid_target` |
enum ResourceCheck {
    static func read(
        _ sent: AuthorizationParameters, of client: Client, settings: Settings
    ) throws(AuthorizationError) -> [String] {
        let asked = sent.all("resource")
        do throws(Refusal) {
            try ResourceIndicator.check(asked, within: client.tokenAudience(settings: settings))
        } catch {
            throw AuthorizationError(.invalidTarget, error.detail)
        }
        return asked.reduce(into: []) { unique, resource in
            if !unique.containsBytes(of: resource) { unique.append(resource) }
        }
    }
}
