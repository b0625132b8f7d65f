package import LatchkeyCore
package import LatchkeyTokens

/// The members of a login, judged: what can be said without knowing client or user.
package struct LoginBody: Sendable {
    /// In bytes of UTF-8; longer ones name nobody and are not worth a look.
    package static let longestUserName = 1024
    /// In code points.
    package static let longestDeviceName = 64

    package let userName: String
    package let password: Password
    package let newPassword: Password?
    package let scope: Scope?
    package let transport: Session.Transport
    package let deviceName: String?

    /// - Throws: `Refusal` `invalid_request`, `invalid_scope`.
    package init(_ body: JSONBody) throws(Refusal) {
        userName = try body.requiredString("username")
        guard userName.utf8.count <= Self.longestUserName else {
            throw Refusal(.invalidRequest, "The member username is longer than \(Self.longestUserName) bytes.")
        }
        password = Password(try body.requiredString("password"))
        newPassword = try body.text("new_password").map(Password.init)
        scope = try Scope(parameter: body.text("scope"))
        transport = try Self.transport(body)
        deviceName = try Self.deviceName(body)
    }

    private static func transport(_ body: JSONBody) throws(Refusal) -> Session.Transport {
        guard let text = try body.text("transport") else { return .body }
        guard let transport = Session.Transport(rawValue: text) else {
            throw Refusal(.invalidRequest, "The member transport must be body or cookie.")
        }
        return transport
    }

    private static func deviceName(_ body: JSONBody) throws(Refusal) -> String? {
        guard let name = try body.text("device_name") else { return nil }
        let isShown = { (scalar: Unicode.Scalar) in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: !scalar.properties.isBidiControl
            }
        }
        guard name.unicodeScalars.count <= longestDeviceName, name.unicodeScalars.allSatisfy(isShown) else {
            throw Refusal(
                .invalidRequest,
                "The member device_name must have at most \(longestDeviceName) characters, none of them a control.")
        }
        return name
    }
}
