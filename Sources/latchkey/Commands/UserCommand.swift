import ArgumentParser
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens

struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Accounts.",
        discussion: """
            USER is a name or an id.

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
        abstract: "Creates an account.",
        discussion: """
            Asks for the password twice, or reads one line of standard input:

              latchkey user add alice --role editor
              pass show alice | latchkey user add alice --admin --password-stdin
            """
    )

    @Argument(help: "Name to sign in with.") var name: String
    @Flag(help: "Give the account the role admin.") var admin = false
    @Option(name: .long, help: "A role; may be repeated.") var role: [String] = []
    @Flag(help: "The user must change the password at the first login.") var mustChange = false
    @OptionGroup(title: "Profile") var profile: ProfileOptions
    @Flag(help: "Read the password from standard input, one line.") var passwordStdin = false
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func validate() throws {
        guard !profile.readsStandardInput else {
            throw ValidationError("The password may be on standard input: give the claims in a file.")
        }
    }

    func run() async throws {
        let effective = try await settings.load()
        let claims = try profile.claims()
        let password = try SecretInput.read(
            "Password of \(name)", fromStandardInput: passwordStdin, flag: "--password-stdin", twice: true)
        let roles = (admin ? ["admin"] : []) + role.filter { !admin || $0 != "admin" }
        let body = UserCreate(
            name: name, password: SecretText(password), roles: roles.isEmpty ? nil : roles,
            mustChangePassword: mustChange ? true : nil, email: profile.email, emailVerified: profile.emailVerified,
            displayName: profile.displayName, locale: profile.locale, zoneinfo: profile.zoneinfo, claims: claims)
        let user = try await AdminConnection.with(effective) { connection in
            try await connection.send("POST", AdminPath.users, body, as: UserResource.self)
        }
        try user.show(output.format)
        let login = settings.command("token login --client CLIENT --user \(ShellText.quote(name))")
        Terminal.next("sign in by the page of an application, at /account of the issuer, or with \(login).")
    }
}

struct UserUpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Changes the name, the roles, the profile, or whether the user must change the password.",
        discussion: """
            The given roles replace all current ones; the command says which are removed. A user who loses the role
            admin also loses all sessions and tokens.

              latchkey user update alice --role editor --role billing
              latchkey user update alice --no-roles
              latchkey user update alice --email alice@example.com --email-verified

            A changed e-mail address is not verified unless --email-verified is given. --remove takes a part of the
            profile away: email, display_name, locale, zoneinfo or claims.
            """
    )

    @Argument(help: "Name or id.") var user: String
    @Option(name: .long, help: "New name.") var name: String?
    @Option(name: .long, help: "A role; may be repeated.") var role: [String] = []
    @Flag(help: "Remove all roles.") var noRoles = false
    @Flag(inversion: .prefixedNo, help: "Whether the user must change the password at the next login.") var mustChange:
        Bool?
    @OptionGroup(title: "Profile") var profile: ProfileOptions
    @Option(name: .long, help: "A part of the profile to take away; may be repeated.") var remove: [ProfilePart] = []
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func validate() throws {
        guard
            name != nil || !role.isEmpty || noRoles || mustChange != nil || !profile.isEmpty || !remove.isEmpty
        else {
            throw ValidationError(
                "Give at least one change: --name, --role, --no-roles, --must-change, --no-must-change, --remove, or "
                    + "a part of the profile.")
        }
        for part in remove where part.isGiven(profile) {
            throw ValidationError("\(part.rawValue) cannot be both set and removed.")
        }
        guard role.isEmpty || !noRoles else { throw ValidationError("--role and --no-roles cannot be combined.") }
    }

    func run() async throws {
        let effective = try await settings.load()
        var body = UserUpdate(
            name: name, roles: noRoles ? [] : role.isEmpty ? nil : role, mustChangePassword: mustChange,
            email: FieldChange(profile.email), emailVerified: profile.emailVerified,
            displayName: FieldChange(profile.displayName), locale: FieldChange(profile.locale),
            zoneinfo: FieldChange(profile.zoneinfo), claims: FieldChange(try profile.claims()))
        for part in remove { part.remove(from: &body) }
        let change = body
        let (before, changed) = try await AdminConnection.with(effective) { connection in
            let before = try await connection.user(user)
            return (before, try await connection.send("PATCH", AdminPath.user(before), change, as: UserResource.self))
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

/// The consequences of a change of roles for the user.
struct RoleChange {
    private let user: String
    private let lost: [String]

    init(from before: UserResource, to after: UserResource) {
        user = after.name
        lost = before.roles.filter { !after.roles.contains($0) }
    }

    var sentences: [String] {
        guard !lost.isEmpty else { return [] }
        let taken = "Removed from \(TextTable.printable(user)): \(lost.joined(separator: ", "))."
        guard lost.contains("admin") else { return [taken] }
        return [
            taken,
            "Without the role admin, all sessions of this user have ended and the access tokens are revoked. The user must sign in "
                + "again, and can no longer get the scope latchkey:admin.",
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
        if let email { card.add("email", email + (emailVerified == true ? " (verified)" : "")) }
        if let displayName { card.add("display name", displayName) }
        if let locale { card.add("locale", locale) }
        if let zoneinfo { card.add("zoneinfo", zoneinfo) }
        if let claims { card.add("claims", claims.object.members.map(\.name).joined(separator: ", ")) }
        for line in card.lines { Terminal.line(line) }
    }
}
