import LatchkeyCore
import LatchkeyTokens

/// `scope` (RFC 6749 3.3, OpenID Connect Core 3.1.2.1).
///
/// | sent | then |
/// | --- | --- |
/// | some of which the client may have | that part; what is unknown or not the client's is dropped |
/// | none of which the client may have | `invalid_scope` |
/// | `latchkey:events`, which no user's token carries | dropped |
/// | `latchkey:account`, `latchkey:admin` | as the client's list has them; the user's roles are judged later |
/// | text that is no scope | `invalid_scope` |
/// | nothing | the client's list without `latchkey:*`, `openid` and `offline_access`, which are only given by name |
enum ScopeCheck {
    private static let onlyByName = ["openid", "offline_access"]
    private static let ofUsers = [Scope.latchkeyAccount, Scope.latchkeyAdmin]

    static func scope(_ sent: AuthorizationParameters, of client: Client) throws(AuthorizationError) -> Scope {
        let scope = try asked(sent, of: client).filter { token in
            !token.beginsWithBytes(of: Scope.latchkeyPrefix) || ofUsers.containsBytes(of: token)
        }
        guard !scope.isEmpty else {
            throw AuthorizationError(.invalidScope, "This client may have nothing of this scope.")
        }
        return scope
    }

    private static func asked(
        _ sent: AuthorizationParameters, of client: Client
    ) throws(AuthorizationError) -> Scope {
        guard let text = sent["scope"] else {
            return client.allowedScope.filter { token in
                !token.beginsWithBytes(of: Scope.latchkeyPrefix) && !onlyByName.containsBytes(of: token)
            }
        }
        guard let scope = Scope(text) else {
            throw AuthorizationError(
                .invalidScope, "The scope must be tokens separated by single spaces (RFC 6749 section 3.3).")
        }
        return scope.intersection(client.allowedScope)
    }
}
