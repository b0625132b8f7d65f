import ArgumentParser
import Foundation
import LatchkeyCore
import LatchkeyHTTP

struct TokenLogin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Signs in with a password and prints the tokens.",
        discussion: """
            Like any application, the command speaks HTTP to the server: the one that runs on the data directory, or the
            one that --url names. The client must be first-party. With --confidential it asks for the client's secret;
            --secret-stdin reads the secret from standard input after the password.

              latchkey token login --client web --user alice
              pass show alice | latchkey token login --client web --user alice --password-stdin --access-token
            """
    )

    @Option(name: .long, help: "The client to sign in through.") var client: String
    @Option(name: .long, help: "The user who signs in.") var user: String
    @Option(name: .long, help: "A scope; may be repeated.") var scope: [String] = []
    @Option(name: .long, help: "Name of this device in the user's list of sessions.") var deviceName: String?
    @Flag(help: "The client is confidential: ask for its secret.") var confidential = false
    @Flag(help: "Read the password from standard input, one line.") var passwordStdin = false
    @Flag(help: "Read the secret from standard input, one line (after the password's).") var secretStdin = false
    @Flag(help: "Print only the access token.") var accessToken = false
    @OptionGroup var server: ServerOptions
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        // Before the password prompt: the password only goes to a server whose identity was checked.
        let address = try await ServerAddress.find(server, settings)
        let (password, secret) = try SecretInput.passwordAndSecret(
            user: user, client: client, passwordStdin: passwordStdin, secretStdin: secretStdin,
            wantsSecret: confidential)
        let login = PasswordLogin(
            server: address, client: client, user: user, password: SecretText(password),
            secret: secret.map { SecretText($0) }, scope: scope.isEmpty ? nil : scope.joined(separator: " "),
            deviceName: deviceName)
        let reply = try await login.run()
        if accessToken {
            Terminal.line(reply.accessToken.exposed)
        } else {
            Terminal.line(try pretty(reply.body))
        }
        Terminal.next(
            "the access token lives \(reply.expiresIn) s; check it with "
                + "\(settings.command("token verify" + server.asTyped)).")
    }

    private func pretty(_ json: [UInt8]) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(json))
        let data = try JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }
}
