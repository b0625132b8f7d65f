import ArgumentParser
import Foundation
import LatchkeyCore
import LatchkeyHTTP

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Signing keys.",
        discussion: """
              latchkey keys list
              latchkey keys rotate --emergency
            """,
        subcommands: [KeysList.self, KeysRotate.self, KeysImport.self, KeysExport.self]
    )
}

struct KeysList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists signing keys with their timeline.",
        discussion: "  latchkey keys list --all"
    )

    @Flag(help: "Include keys that are gone.") var all = false
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let keys = try await AdminConnection.with(settings) { connection in
            try await connection.all(AdminPath.keys, [("all", all ? "true" : nil)], as: KeyResource.self)
        }
        guard output.format == .table else { return try JSONOutput.show(keys) }
        KeyResource.showTable(keys)
        Terminal.next("advance the schedule by hand with \(settings.command("keys rotate")).")
    }
}

struct KeysRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Advances the key schedule, or replaces stolen keys at once.",
        discussion: """
            An announced key may not sign before keys.announce_period is over, because services may not know it yet.
            With --emergency, the server makes new keys, withdraws all others and revokes all access tokens; with
            --only, it withdraws that one key and its tokens. Sessions continue.

              latchkey keys rotate
              latchkey keys rotate --emergency
              latchkey keys rotate --emergency --only KID
            """
    )

    @Flag(help: "A key was stolen: withdraw the keys now.") var emergency = false
    @Option(name: .long, help: "With --emergency: withdraw only this kid.") var only: String?
    @Option(name: .long, help: "Without --emergency: only ES256, EdDSA, PS256 or RS256.") var algorithm: String?
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func validate() throws {
        guard only == nil || emergency else { throw ValidationError("--only needs --emergency.") }
        guard algorithm == nil || !emergency else {
            throw ValidationError("--emergency covers every algorithm; narrow it with --only KID.")
        }
    }

    func run() async throws {
        let effective = try await settings.load()
        let body = KeyRotate(algorithm: algorithm, emergency: emergency ? true : nil, only: only)
        let page = try await AdminConnection.with(effective) { connection in
            try await connection.send("POST", AdminPath.keysRotate, body, as: PageResource<KeyResource>.self)
        }
        guard output.format == .table else { return try JSONOutput.show(page.items) }
        KeyResource.showTable(page.items)
        Terminal.next(
            emergency
                ? "make sure that services fetch the JWKS again; clients refresh and get tokens of the new key."
                : "nothing to do: services learn new keys from the JWKS.")
    }
}

struct KeysImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Imports a private key from a PEM file.",
        discussion: """
            Like any other key, it is announced first and signs after keys.announce_period.

              latchkey keys import signing.pem --algorithm RS256
              openssl genpkey -algorithm ed25519 | latchkey keys import -
            """
    )

    @Argument(help: "Unencrypted PEM file, or - for standard input.", completion: .file()) var file: String
    @Option(name: .long, help: "For an RSA key: RS256 or PS256.") var algorithm: String?
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let effective = try await settings.load()
        let body = KeyImport(pem: SecretText(try pem()), algorithm: algorithm)
        let key = try await AdminConnection.with(effective) { connection in
            try await connection.send("POST", AdminPath.keysImport, body, as: KeyResource.self)
        }
        guard output.format == .table else { return try JSONOutput.show(key) }
        KeyResource.showTable([key])
        Terminal.next("delete the PEM file unless it is your backup; the server's copy is sealed with the master key.")
    }

    /// The text to send. It only refuses what cannot be sent as text; the server checks the rest.
    private func pem() throws -> String {
        guard let bytes = file == "-" ? try SecretInput.all() : SmallFile.bytes(file, limit: 64 * 1024) else {
            throw CommandFailure("Cannot read \(file): it is missing, unreadable, empty or larger than 64 KiB.")
        }
        guard !bytes.isEmpty else { throw CommandFailure("Standard input is empty.") }
        // A DER structure begins with the tag of a sequence; a text may begin with the digit 0, which is the same byte.
        if bytes[0] == 0x30, bytes.firstRange(of: Array("-----BEGIN".utf8)) == nil {
            throw CommandFailure(
                """
                \(file) is in DER form, but PEM is needed. Convert a private key with: openssl pkey -inform DER \
                -in FILE -out FILE.pem (or a PKCS#12 file with: openssl pkcs12 -nocerts -noenc -in FILE -out FILE.pem)
                """)
        }
        // Text around the block may be in any encoding; the block itself is ASCII.
        return String(decoding: bytes, as: UTF8.self)
    }
}

struct KeysExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export-jwks",
        abstract: "Prints the public keys as served at /.well-known/jwks.json.",
        discussion: "  latchkey keys export-jwks > jwks.json"
    )

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let answer = try await AdminConnection.with(settings) { connection in
            try await connection.send("GET", PublicPath.keySet)
        }
        Terminal.line(String(decoding: answer.body, as: UTF8.self))
        Terminal.next("check a token against it with \(settings.command("token verify --jwks FILE")).")
    }
}

struct MasterKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "master-key",
        abstract: "The key that seals every secret in the database.",
        discussion: "  latchkey master-key rotate",
        subcommands: [MasterKeyRotateCommand.self]
    )
}

struct MasterKeyRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Makes a new master key and seals every secret with it.",
        discussion: """
            Sessions continue. With --leaked, the old key is dropped at once, all sessions end and all signing keys are
            replaced.

              latchkey master-key rotate
              latchkey master-key rotate --leaked
            """
    )

    @Flag(help: "The current master key has leaked.") var leaked = false
    @Flag(help: "Do not ask for confirmation.") var yes = false
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let effective = try await settings.load()
        if leaked {
            try Terminal.confirm("This ends every session and replaces all signing keys.", yes: yes)
        }
        let body = MasterKeyRotate(leaked: leaked ? true : nil)
        let rotated = try await AdminConnection.with(effective) { connection in
            try await connection.send("POST", AdminPath.masterKeyRotate, body, as: MasterKeyRotated.self)
        }
        guard output.format == .table else { return try JSONOutput.show(rotated) }
        Terminal.line(
            "Slot \(rotated.currentSlot) is current. Sealed again: \(CountText.string(rotated.resealedKeys, "signing key")), "
                + "\(CountText.string(rotated.resealedSecrets, "client secret")).")
        Terminal.next("back up \(effective.masterKeyFile), apart from the database.")
    }
}

extension KeyResource {
    /// Prints keys with what the schedule plans for them.
    static func showTable(_ keys: [KeyResource]) {
        var table = TextTable("KID", "ALG", "STATE", "ANNOUNCED", "SIGNS", "RETIRES", "GONE")
        for key in keys {
            table.add(
                key.kid, key.algorithm, key.withdrawn ? "\(key.state) (withdrawn)" : key.state,
                TimeText.string(key.announcedAt),
                TimeText.ifAny(key.activatedAt) ?? TimeText.ifAny(key.maySignAt).map { "from \($0)" },
                TimeText.ifAny(key.retiredAt) ?? TimeText.ifAny(key.retiresAt).map { "at \($0)" },
                TimeText.ifAny(key.goneAt))
        }
        for line in table.lines { Terminal.line(line) }
    }
}
