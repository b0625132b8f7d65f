import ArgumentParser
import LatchkeyHTTP

struct UserSetPassword: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-password",
        abstract: "Sets a new password and ends the user's sessions.",
        discussion: """
              latchkey user set-password alice --must-change
              pass show alice | latchkey user set-password alice --password-stdin
            """
    )

    @Argument(help: "Name or id.") var user: String
    @Flag(help: "The user must change it at the next login.") var mustChange = false
    @Flag(help: "Read the password from standard input, one line.") var passwordStdin = false
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let effective = try await settings.load()
        let password = try SecretInput.read(
            "New password of \(user)", fromStandardInput: passwordStdin, flag: "--password-stdin", twice: true)
        let body = PasswordSet(password: SecretText(password), mustChange: mustChange ? true : nil)
        try await AdminConnection.with(effective) { connection in
            let path = AdminPath.userPassword(try await connection.user(user))
            _ = try await connection.send("PUT", path, body: AdminConnection.encode(body))
        }
        Terminal.line("The password of \(user) was set.")
        Terminal.next("all sessions of \(user) have ended; sign in again.")
    }
}

struct UserDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Locks an account and ends its sessions and tokens.",
        discussion: "  latchkey user disable alice"
    )

    @Argument(help: "Name or id.") var user: String
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        try await AdminConnection.with(settings) { connection in
            let path = AdminPath.userState(try await connection.user(user), disabled: true)
            _ = try await connection.send("POST", path)
        }
        Terminal.line("\(user) is disabled; its sessions and tokens have ended.")
        Terminal.next("undo with \(settings.command("user enable", on: user)).")
    }
}

struct UserEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Unlocks an account.",
        discussion: "  latchkey user enable alice"
    )

    @Argument(help: "Name or id.") var user: String
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        try await AdminConnection.with(settings) { connection in
            let path = AdminPath.userState(try await connection.user(user), disabled: false)
            _ = try await connection.send("POST", path)
        }
        Terminal.line("\(user) is enabled.")
        Terminal.next("\(user) may sign in again; old sessions stay ended.")
    }
}

struct UserDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Deletes an account for good, with its sessions and tokens.",
        discussion: """
              latchkey user delete alice
              latchkey user delete alice --yes
            """
    )

    @Argument(help: "Name or id.") var user: String
    @Flag(help: "Do not ask for confirmation.") var yes = false
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let effective = try await settings.load()
        try Terminal.confirm("This deletes \(user) and cannot be undone.", yes: yes)
        try await AdminConnection.with(effective) { connection in
            _ = try await connection.send("DELETE", AdminPath.user(try await connection.user(user)))
        }
        Terminal.line("\(user) was deleted.")
        Terminal.next("its access tokens are on the revocation list until they expire.")
    }
}
