import ArgumentParser
import Foundation
import LatchkeyHTTP
import LatchkeyTokens

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Sign in from a terminal; decode, verify and mint tokens.",
        discussion: """
              latchkey token login --client web --user alice --access-token | latchkey token verify
              latchkey token decode < token.txt
            """,
        subcommands: [TokenLogin.self, TokenDecode.self, TokenVerify.self, TokenMintCommand.self]
    )
}

/// Where a command gets its token from.
struct TokenInput: ParsableArguments {
    @Argument(help: "Leave it out or give - to read the token from standard input, or to be asked for it.") var token:
        String?

    /// Not in the parser's `validate()`, which runs before the parser reports an unknown option: the value of a
    /// misspelt option would be taken for a token.
    func check() throws {
        guard token == nil || token == "-" else {
            throw ValidationError(
                "Every user of the machine can see a token on the command line: pass it on standard input.")
        }
    }

    /// The token without white space around it.
    func read() throws -> String {
        let text =
            Terminal.isInputInteractive && token == nil
            ? try SecretInput.read("Token", fromStandardInput: false, flag: "a pipe") : try SecretInput.line()
        return text.trimmingCharacters(in: .whitespaces)
    }
}

struct TokenDecode: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Shows the content of a JWT without verifying it.",
        discussion: """
            Reads the token from standard input. Anybody can write any content: use token verify to check it.

              latchkey token decode < token.txt
            """
    )

    @OptionGroup var input: TokenInput

    func run() async throws {
        try input.check()
        let token = try input.read()
        if token.utf8.starts(with: "lkr_".utf8) {
            throw CommandFailure("This is a refresh token: it is opaque, and only the server understands it.")
        }
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.json(parts[0]), let payload = Self.json(parts[1]) else {
            throw CommandFailure("This is not a JWT: expected three base64url parts with JSON inside.")
        }
        Terminal.line(try Self.pretty(header))
        Terminal.line(try Self.pretty(payload))
        for (claim, meaning) in [("iat", "issued"), ("nbf", "valid from"), ("exp", "expires")] {
            guard let seconds = try? StrictJSON.parseObject(payload)[claim]?.integer else { continue }
            Terminal.note("\(meaning) \(TimeText.string(seconds))")
        }
        Terminal.note("Nothing was verified: neither signature nor expiry nor revocation.")
        Terminal.next("check it with `\(Program.asTyped) token verify`.")
    }

    private static func json(_ part: Substring.UTF8View) -> [UInt8]? {
        guard let bytes = String(part).flatMap({ Base64URL.decode($0) }) else { return nil }
        return (try? StrictJSON.parseObject(bytes)) == nil ? nil : bytes
    }

    private static func pretty(_ json: [UInt8]) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(json))
        let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try JSONSerialization.data(withJSONObject: object, options: options), as: UTF8.self)
    }
}

struct TokenMintCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mint",
        abstract: "Mints an access token without a sign-in, for tests. Audited.",
        discussion: """
            Prints only the token, so that you can pipe it. It has no session: revoke it by jti, user or client.

              latchkey token mint --user alice --client web --ttl 60s
            """
    )

    @Option(name: .long, help: "The user that the token is for, by name or id.") var user: String
    @Option(name: .long, help: "The client that the token is issued to.") var client: String
    @Option(name: .long, help: "A scope; may be repeated. By default the client's scope.") var scope: [String] = []
    @Option(name: .long, help: "An aud; may be repeated. By default the client's audiences.") var audience: [String] =
        []
    @Option(name: .long, help: "Lifetime, 30s to 1h. By default the client's lifetime.") var ttl: DurationArgument?
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let effective = try await settings.load()
        let body = TokenMint(
            user: user, clientID: client, scope: scope.isEmpty ? nil : scope.joined(separator: " "),
            audience: audience.isEmpty ? nil : audience, expiresIn: ttl?.seconds)
        let minted = try await AdminConnection.with(effective) { connection in
            try await connection.send("POST", AdminPath.tokens, body, as: TokenMinted.self)
        }
        guard output.format == .table else { return try JSONOutput.show(minted) }
        Terminal.line(minted.accessToken.exposed)
        Terminal.next(
            "it expires in \(minted.expiresIn) s; check it with "
                + "\(settings.command("token verify --audience AUDIENCE")).")
    }
}
