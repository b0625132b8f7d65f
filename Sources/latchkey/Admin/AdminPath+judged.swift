import LatchkeyHTTP
import LatchkeyTokens

/// The paths of single things, with text that a user typed. It is checked first, because other text could name another
/// path.
extension AdminPath {
    /// By id only: a name may contain characters that a path cannot. See `AdminConnection.user(_:)`.
    static func user(_ user: UserResource) -> String { path(oneUser, user.id) }
    static func userPassword(_ user: UserResource) -> String { path(passwordOfUser, user.id) }
    static func userState(_ user: UserResource, disabled: Bool) -> String {
        path(disabled ? disableUser : enableUser, user.id)
    }
    /// - Parameter template: of a path that names one client.
    /// - Throws: ``CommandFailure`` for text that cannot be a client id.
    static func client(_ client: String, _ template: String = oneClient) throws(CommandFailure) -> String {
        guard ClientID(client) != nil else { throw CommandFailure("There is no client with this id.") }
        return path(template, client)
    }
    static func revocation(_ sequence: Int64) -> String { path(oneRevocation, "\(sequence)") }
    /// - Parameter template: of a path that names one session.
    /// - Throws: ``CommandFailure`` for text that cannot be a session id.
    static func session(_ session: String, _ template: String = oneSession) throws(CommandFailure) -> String {
        guard let id = SessionID(session) else {
            throw CommandFailure(
                "There is no session with this id: a sid looks like 0199b0f2-0000-7000-8000-000000000000.")
        }
        return path(template, id.description)
    }

    /// - Throws: ``CommandFailure`` for text that cannot be a stream id.
    static func stream(_ stream: String) throws(CommandFailure) -> String {
        guard stream.utf8.count == 32,
            stream.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw CommandFailure("There is no stream with this id.") }
        return path(oneStream, stream)
    }

    /// `path?name=value&…`, without the nil values.
    static func with(_ path: String, _ query: [(name: String, value: String?)]) -> String {
        let given = query.compactMap { item in item.value.map { (item.name, $0) } }
        return given.isEmpty ? path : URLQuery.appended(to: path, given)
    }
}
