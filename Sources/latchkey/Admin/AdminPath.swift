import LatchkeyBytes
import LatchkeyHTTP
import LatchkeyTokens

/// The paths of the admin API, percent-encoded where a part is somebody's text.
enum AdminPath {
    private static let base = "/api/v1/admin"

    static let users = base + "/users"
    static let usersImport = base + "/users/import"
    static let clients = base + "/clients"
    static let sessions = base + "/sessions"
    static let keys = base + "/keys"
    static let keysRotate = base + "/keys/rotate"
    static let keysImport = base + "/keys/import"
    static let masterKeyRotate = base + "/master-key/rotate"
    static let revocations = base + "/revocations"
    static let consumers = base + "/consumers"
    static let streams = base + "/streams"
    static let audit = base + "/audit"
    static let tokens = base + "/tokens"

    /// By id alone: a name may hold what a path cannot. See `AdminConnection.user(_:)`.
    static func user(_ user: UserResource) -> String { users + "/" + PercentEncoding.encode(user.id) }
    static func userPassword(_ user: UserResource) -> String { self.user(user) + "/password" }
    static func userState(_ user: UserResource, disabled: Bool) -> String {
        self.user(user) + (disabled ? "/disable" : "/enable")
    }
    /// - Throws: ``CommandFailure`` for text that can be no client id, and so could name another path.
    static func client(_ client: String) throws(CommandFailure) -> String {
        guard ClientID(client) != nil else { throw CommandFailure("There is no client with this id.") }
        return clients + "/" + PercentEncoding.encode(client)
    }
    static func clientState(_ client: String, disabled: Bool) throws(CommandFailure) -> String {
        try self.client(client) + (disabled ? "/disable" : "/enable")
    }
    static func clientSecret(_ client: String) throws(CommandFailure) -> String {
        try self.client(client) + "/rotate-secret"
    }
    static func revocation(_ sequence: Int64) -> String { revocations + "/\(sequence)" }
    /// - Throws: ``CommandFailure`` for text that can be no session id.
    static func session(_ session: String) throws(CommandFailure) -> String {
        guard let id = SessionID(session) else {
            throw CommandFailure(
                "There is no session with this id: a sid looks like 0199b0f2-0000-7000-8000-000000000000.")
        }
        return sessions + "/" + PercentEncoding.encode(id.description)
    }
    static func sessionExplanation(_ session: String) throws(CommandFailure) -> String {
        try self.session(session) + "/explain"
    }

    /// - Throws: ``CommandFailure`` for text that can be no stream id.
    static func stream(_ stream: String) throws(CommandFailure) -> String {
        guard stream.utf8.count == 32,
            stream.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw CommandFailure("There is no stream with this id.") }
        return streams + "/" + PercentEncoding.encode(stream)
    }

    /// `path?name=value&…`, leaving out what is nil.
    static func with(_ path: String, _ query: [(name: String, value: String?)]) -> String {
        let parts = query.compactMap { item in item.value.map { "\(item.name)=\(PercentEncoding.encode($0))" } }
        return parts.isEmpty ? path : path + "?" + parts.joined(separator: "&")
    }
}
