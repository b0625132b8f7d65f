import LatchkeyCore
import LatchkeyTokens

/// `prompt` (OpenID Connect Core 3.1.2.1): names separated by single spaces, in any order.
///
/// | sent | then |
/// | --- | --- |
/// | nothing | whatever is needed |
/// | `none` alone | no page |
/// | some of `login`, `consent`, `select_account` | those pages |
/// | `none` with another | `invalid_request` |
/// | anything else | `invalid_request`: going on would skip a page that the client relies on |
enum PromptCheck {
    /// As in the metadata.
    static let names: [(name: String, prompt: AuthorizationRequest.Prompt)] = [
        ("none", .none), ("login", .login), ("consent", .consent), ("select_account", .selectAccount),
    ]

    static func read(_ sent: AuthorizationParameters) throws(AuthorizationError) -> AuthorizationRequest.Prompt {
        guard let text = sent["prompt"] else { return [] }
        var prompt: AuthorizationRequest.Prompt = []
        for word in text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false) {
            guard let known = names.first(where: { $0.name.utf8.elementsEqual(word) }) else {
                throw AuthorizationError(
                    .invalidRequest, "The prompt must be of none, login, consent and select_account.")
            }
            prompt.insert(known.prompt)
        }
        guard !prompt.contains(.none) || prompt == .none else {
            throw AuthorizationError(.invalidRequest, "The prompt none stands alone.")
        }
        return prompt
    }
}
