import LatchkeyCore
import LatchkeyTokens

/// `client_id` (RFC 6749 4.1.1).
///
/// | client | then |
/// | --- | --- |
/// | none named | a page |
/// | unknown, not a client id, or disabled | a page |
/// | has the grant `authorization_code` | goes on |
/// | may have server sessions: our own callback redeems its code | goes on |
/// | any other | a page: nothing of what it registered was meant for this |
enum ClientCheck {
    static func id(_ sent: AuthorizationParameters) throws(AuthorizationFailure) -> ClientID {
        guard let name = sent["client_id"] else { throw .page(.noClient) }
        guard let id = ClientID(name) else { throw .page(.unknownClient) }
        return id
    }

    static func judge(_ client: Client?) throws(AuthorizationFailure) -> Client {
        guard let client, !client.disabled else { throw .page(.unknownClient) }
        guard client.grants.contains(.authorizationCode) || client.allowsServerSessions else {
            throw .page(.clientNotAllowed)
        }
        return client
    }
}
