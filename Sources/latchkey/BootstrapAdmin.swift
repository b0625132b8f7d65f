import LatchkeyCore

/// The first administrator of a container, as `bootstrap.admin` and `bootstrap.password_file` describe it.
struct BootstrapAdmin: Sendable {
    let name: String
    let password: Password

    /// Reads the file.
    /// - Throws: ``CommandFailure`` when it cannot be read or is not one line of text.
    init(_ bootstrap: EffectiveSettings.Bootstrap) throws(CommandFailure) {
        let source = "The file \(bootstrap.passwordFile) (bootstrap.password_file)"
        guard let bytes = SmallFile.bytes(bootstrap.passwordFile, limit: 4096) else {
            throw CommandFailure("\(source) cannot be read as a file of at most 4 KiB.")
        }
        name = bootstrap.admin
        password = Password(try SecretLines.read(bytes, source: source)[0])
    }

    /// Checks name and password as the server does when it creates the account.
    /// - Throws: ``CommandFailure``.
    func check(_ settings: LatchkeyCore.Settings) throws(CommandFailure) {
        do {
            try PasswordPolicy(settings: settings).check(password, userName: UserName(name))
        } catch {
            throw Self.failure(error)
        }
    }

    /// How a refusal to create the account is reported to the operator.
    static func failure(_ refusal: Refusal) -> CommandFailure {
        let key = refusal.code == .passwordRejected ? "bootstrap.password_file" : "bootstrap.admin"
        return CommandFailure("The first administrator cannot be made from \(key): \(refusal.detail)")
    }
}
