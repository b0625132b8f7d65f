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
    static func user(_ user: UserResource) -> String { users + "/" + segment(user.id) }
    static func userPassword(_ user: UserResource) -> String { self.user(user) + "/password" }
    static func userState(_ user: UserResource, disabled: Bool) -> String {
        self.user(user) + (disabled ? "/disable" : "/enable")
    }
    /// - Throws: ``CommandFailure`` for text that can be no client id, and so could name another path.
    static func client(_ client: String) throws(CommandFailure) -> String {
        guard ClientID(client) != nil else { throw CommandFailure("There is no client with this id.") }
        return clients + "/" + segment(client)
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
        return sessions + "/" + segment(id.description)
    }
    static func sessionExplanation(_ session: String) throws(CommandFailure) -> String {
        try self.session(session) + "/explain"
    }

    /// - Throws: ``CommandFailure`` for text that can be no stream id.
    static func stream(_ stream: String) throws(CommandFailure) -> String {
        guard stream.utf8.count == 32,
            stream.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw CommandFailure("There is no stream with this id.") }
        return streams + "/" + segment(stream)
    }

    /// `path?name=value&…`, leaving out what is nil.
    static func with(_ path: String, _ query: [(name: String, value: String?)]) -> String {
        let parts = query.compactMap { item in item.value.map { "\(item.name)=\(segment($0))" } }
        return parts.isEmpty ? path : path + "?" + parts.joined(separator: "&")
    }

    /// Percent-encodes all but unreserved characters (RFC 3986 2.3), byte by byte.
    private static func segment(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let encoded = text.utf8.flatMap { byte -> [UInt8] in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: [byte]
            default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
