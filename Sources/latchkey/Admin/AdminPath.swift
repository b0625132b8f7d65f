import Foundation

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

    static func user(_ user: String) -> String { users + "/" + segment(user) }
    static func userPassword(_ user: String) -> String { self.user(user) + "/password" }
    static func userState(_ user: String, disabled: Bool) -> String {
        self.user(user) + (disabled ? "/disable" : "/enable")
    }
    static func client(_ client: String) -> String { clients + "/" + segment(client) }
    static func clientState(_ client: String, disabled: Bool) -> String {
        self.client(client) + (disabled ? "/disable" : "/enable")
    }
    static func clientSecret(_ client: String) -> String { self.client(client) + "/rotate-secret" }
    static func revocation(_ sequence: Int64) -> String { revocations + "/\(sequence)" }
    static func session(_ session: String) -> String { sessions + "/" + segment(session) }
    static func sessionExplanation(_ session: String) -> String { self.session(session) + "/explain" }

    static func stream(_ stream: String) -> String { streams + "/" + segment(stream) }

    /// `path?name=value&…`, leaving out what is nil.
    static func with(_ path: String, _ query: [(name: String, value: String?)]) -> String {
        let parts = query.compactMap { item in item.value.map { "\(item.name)=\(segment($0))" } }
        return parts.isEmpty ? path : path + "?" + parts.joined(separator: "&")
    }

    private static func segment(_ text: String) -> String {
        let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }
}
