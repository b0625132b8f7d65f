import ArgumentParser
import LatchkeyHTTP

struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Accounts.",
        discussion: """
            A USER is a name or an id.

              latchkey user add alice --admin
              latchkey user list
            """,
        subcommands: [
            UserAdd.self, UserUpdateCommand.self, UserList.self, UserShow.self, UserSetPassword.self,
            UserDisable.self, UserEnable.self, UserDelete.self, UserImportCommand.self,
        ]
    )
}

struct UserAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Makes an account.",
        discussion: """
            Asks for the password twice, or reads one line of standard input:

              latchkey user add alice --role editor
              pass show alice | latchkey user add alice --admin --password-stdin
            """
    )

    @Argument(help: "Name to sign in with.") var name: String
    @Flag(help: "Give the role admin.") var admin = false
    @Option(name: .long, help: "A role; may be repeated.") var role: [String] = []
    @Flag(help: "The first login must change the password.") var mustChange = false
    @Flag(help: "Read the password from standard input, one line.") var passwordStdin = false
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let effective = try await settings.load()
        let password = try SecretInput.read(
            "Password of \(name)", fromStandardInput: passwordStdin, flag: "--password-stdin", twice: true)
        let roles = (admin ? ["admin"] : []) + role.filter { !admin || $0 != "admin" }
        let body = UserCreate(
            name: name, password: SecretText(password), roles: roles.isEmpty ? nil : roles,
            mustChangePassword: mustChange ? true : nil)
        let user = try await AdminConnection.with(effective) { connection in
            try await connection.send("POST", AdminPath.users, body, as: UserResource.self)
        }
        try user.show(output.format)
        let login = settings.command("token login --client CLIENT --user \(ShellText.quote(name))")
        Terminal.next("sign in with \(login).")
    }
}

struct UserUpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Changes name, roles or the duty to change the password.",
        discussion: """
            The roles given replace all present ones; what that takes away is told. Losing the role admin ends the user's
            sessions and tokens.

              latchkey user update alice --role editor --role billing
              latchkey user update alice --no-roles
            """
    )

    @Argument(help: "Name or id.") var user: String
    @Option(name: .long, help: "New name.") var name: String?
    @Option(name: .long, help: "A role; may be repeated.") var role: [String] = []
    @Flag(help: "Take all roles away.") var noRoles = false
    @Flag(inversion: .prefixedNo, help: "Whether the next login must change the password.") var mustChange: Bool?
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func validate() throws {
        guard name != nil || !role.isEmpty || noRoles || mustChange != nil else {
            throw ValidationError("Say what to change: --name, --role, --no-roles, --must-change or --no-must-change.")
        }
        guard role.isEmpty || !noRoles else { throw ValidationError("--role and --no-roles exclude each other.") }
    }

    func run() async throws {
        let effective = try await settings.load()
        let body = UserUpdate(
            name: name, roles: noRoles ? [] : role.isEmpty ? nil : role, mustChangePassword: mustChange)
        let (before, changed) = try await AdminConnection.with(effective) { connection in
            let before = try await connection.user(user)
            return (before, try await connection.send("PATCH", AdminPath.user(before), body, as: UserResource.self))
        }
        try changed.show(output.format)
        for line in RoleChange(from: before, to: changed).sentences { Terminal.note(line) }
        Terminal.next("roles reach the user's tokens at the next refresh, within tokens.access_ttl.")
    }
}

struct UserList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists all accounts, newest first.",
        discussion: """
              latchkey user list
              latchkey user list --format json
            """
    )

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let users = try await AdminConnection.with(settings) { connection in
            try await connection.all(AdminPath.users, as: UserResource.self)
        }
        guard output.format == .table else { return try JSONOutput.show(users) }
        var table = TextTable("NAME", "ROLES", "STATE", "CREATED", "ID")
        for user in users {
            table.add(
                user.name, user.roles.joined(separator: ","), user.state, TimeText.string(user.createdAt), user.id)
        }
        for line in table.lines { Terminal.line(line) }
        Terminal.next(
            users.isEmpty
                ? "make the first account with \(settings.command("user add NAME --admin"))."
                : "see one with \(settings.command("user show NAME")).")
    }
}

struct UserShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one account.",
        discussion: "  latchkey user show alice"
    )

    @Argument(help: "Name or id.") var user: String
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let found = try await AdminConnection.with(settings) { connection in
            try await connection.user(user)
        }
        try found.show(output.format)
        Terminal.next("its sessions: \(settings.command("session list --user \(found.id)")).")
    }
}

/// What a change of roles means for the user.
struct RoleChange {
    private let user: String
    private let lost: [String]

    init(from before: UserResource, to after: UserResource) {
        user = after.name
        lost = before.roles.filter { !after.roles.contains($0) }
    }

    var sentences: [String] {
        guard !lost.isEmpty else { return [] }
        let taken = "Taken away from \(TextTable.printable(user)): \(lost.joined(separator: ", "))."
        guard lost.contains("admin") else { return [taken] }
        return [
            taken,
            "Losing the role admin has ended all sessions of this user and revoked the access tokens. The user signs in "
                + "again, and gets no scope latchkey:admin any more.",
        ]
    }
}

extension UserResource {
    var state: String { disabled ? "disabled" : mustChangePassword ? "must change password" : "active" }

    /// Prints the account.
    func show(_ format: ListFormat) throws {
        guard format == .table else { return try JSONOutput.show(self) }
        var card = TextCard()
        card.add("name", name)
        card.add("id", id)
        card.add("roles", roles.joined(separator: ", "))
        card.add("state", state)
        card.add("created", TimeText.string(createdAt))
        for line in card.lines { Terminal.line(line) }
    }
}
