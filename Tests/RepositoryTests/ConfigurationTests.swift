import Foundation
import LatchkeyCore
import LatchkeyHTTP
import Testing

@testable import latchkey

/// Where the repository is, seen from this file.
private let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// A YAML file in a fresh folder, removed at the end.
private func withFile<Result>(_ yaml: String, _ body: (String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "latchkey-config-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "latchkey.yaml").path
    try Data(yaml.utf8).write(to: URL(filePath: path))
    return try await body(path)
}

private func sentence(_ sources: ConfigurationSources) async -> String {
    do {
        _ = try await EffectiveSettings.load(sources)
        return "accepted"
    } catch {
        return "\(error)"
    }
}

/// `Config/latchkey.yaml` documents every key of the code with its default, and nothing else.
struct ConfigurationFileTests {
    private let path = repository.appending(path: "Config/latchkey.yaml").path

    /// The file with the keys that have no default brought in: `# issuer: …` becomes `issuer: …`.
    private func uncommented() throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in
                guard let match = line.wholeMatch(of: /( *)# ([a-z_0-9]+: .*)/), !match.output.2.hasSuffix(".") else {
                    return String(line)
                }
                return String(match.output.1 + match.output.2)
            }
    }

    @Test func `every key is documented and nothing else`() throws {
        let file = try ConfigurationFile(path: path, yaml: uncommented().joined(separator: "\n"))
        #expect(file.entries.map(\.name) == ConfigurationKey.all.map(\.name))
    }

    @Test func `keys with a default stand uncommented with that default, the others are commented`() throws {
        let file = try ConfigurationFile(path: path)
        let set = file.entries.filter { $0.content != .text("") }
        #expect(set.map(\.name) == ConfigurationKey.all.filter { $0.defaultText != nil }.map(\.name))
        for entry in set {
            let key = try #require(ConfigurationKey.all.first { $0.name == entry.name })
            #expect(try file.texts(of: entry, for: key) == key.texts(in: key.defaultText ?? ""), "\(entry.name)")
        }
    }

    @Test func `the line before each key is the key's description`() throws {
        let lines = try uncommented()
        let file = try ConfigurationFile(path: path, yaml: lines.joined(separator: "\n"))
        for entry in file.entries {
            let key = try #require(ConfigurationKey.all.first { $0.name == entry.name })
            let comment = lines[entry.line - 2].drop { $0 == " " }
            #expect(comment == "# " + key.summary, "\(entry.name)")
        }
    }

    @Test func `the file as it stands is accepted and changes no default`() async throws {
        let plain = try await EffectiveSettings.load(ConfigurationSources())
        let filed = try await EffectiveSettings.load(ConfigurationSources(file: path))
        #expect(String(describing: plain.core) == String(describing: filed.core))
        #expect(plain.listen == filed.listen)
        #expect(plain.dataDirectory == filed.dataDirectory)
    }
}

struct ConfigurationTests {
    /// Why a file that says nothing but `store: postgres` is refused.
    #if Postgres
        private static let postgresRefusal = "`store` is postgres: set `postgres.url`."
    #else
        private static let postgresRefusal = "but this program was built without PostgreSQL: build it with"
    #endif

    @Test func `an unknown key names the line and the nearest known key`() async throws {
        try await withFile("tokens:\n  acces_ttl: 60s\n") { path in
            let text = await sentence(ConfigurationSources(file: path))
            #expect(text == "\(path), line 2: unknown key `tokens.acces_ttl`; did you mean `tokens.access_ttl`?")
        }
    }

    @Test func `a value in place of a group lists the group's keys`() async throws {
        try await withFile("tls: yes\n") { path in
            let text = await sentence(ConfigurationSources(file: path))
            #expect(text.contains("`tls`; it is a group with the keys tls.certificate, tls.private_key"))
        }
    }

    @Test(arguments: [
        ("tokens:\n  access_ttl: 10s\n", "`tokens.access_ttl` is 10s (line 2 of"),
        ("tokens:\n  access_ttl: 300\n", "but must be a duration from 30s to 1h."),
        ("tokens:\n  access_ttl: [300s]\n", "`tokens.access_ttl` must be a duration from 30s to 1h, not a list."),
        ("tokens:\n  algorithm: HS256\n", "but must be ES256, EdDSA, PS256 or RS256."),
        ("refresh:\n  recovery_limit: -1\n", "but must be a whole number from 0 to 1000."),
        ("password: {argon2: {memory_kib: 8, parallelism: 4}}\n", "memory must be 8 KiB per lane to 4194304 KiB"),
        ("login:\n  hash_threads: many\n", "but must be cores or a whole number from 1 to 1024."),
        ("listen: 127.0.0.1\n", "but must hold addresses like 127.0.0.1:8080"),
        ("trusted_proxies: [10.0.0.0/99]\n", "`trusted_proxies` has 10.0.0.0/99"),
        ("tls:\n  certificate: a.pem\n", "`tls.certificate` is set, so `tls.private_key` must be set too."),
        ("admin:\n  tls: true\n", "`admin.tls` is true (line 2 of"),
        ("admin:\n  tls: on\n", "but must be true or false."),
        ("bootstrap:\n  password_file: a\n", "so `bootstrap.admin` must be set too."),
        ("store: oracle\n", "but must be sqlite or postgres."), ("store: postgres\n", Self.postgresRefusal),
        ("keys:\n  rotation_period: 2h\n", "must not be longer than `keys.rotation_period`, which is 2h."),
        ("revocations:\n  expires_in: 5s\n", "must be longer than `revocations.next_update`, which is 5s."),
        ("log:\n  level: loud\n", "but must be trace, debug, info, notice, warning, error or critical."),
        ("- a\n- b\n", "must contain `key: value` lines."),
        ("tokens: {access_ttl: 60s, access_ttl: 90s}\n", "cannot be parsed"),
        ("tokens: [\n", "cannot be parsed"),
        ("listen: []\n", "`listen` must name at least one address."),
        ("listen:\n  - 127.0.0.1:1\n  - [127.0.0.1:2]\n", "line 3: each item of `listen` must be a string."),
        ("trusted_proxies: [10.0.0.0/8, ~]\n", "line 1: each item of `trusted_proxies` must be a string."),
        ("issuer: [https://a.example]\n", "line 1: `issuer` must be a string, not a list."),
        ("store: sqlite\n\"issuer\\u0301\": a\n", "line 2: unknown key"),
        (
            "tokens:\n  access_ttl: 60s\ntokens.access_ttl: 90s\n",
            "line 3: `tokens.access_ttl` is set in line 2 already: set it only once."
        ),
        ("shared_signals:\n  enabled: yes\n", "`shared_signals.enabled` is yes (line 2 of"),
    ])
    func `a bad value is refused with key, value and what is accepted`(yaml: String, expected: String) async throws {
        try await withFile(yaml) { path in
            let text = await sentence(ConfigurationSources(file: path))
            #expect(text.contains(expected), "\(text)")
        }
    }

    @Test(arguments: [
        ("127.0.0.1:8080,127.0.0.1:8080", "", "`listen` has 127.0.0.1:8080 twice: name each address once."),
        ("[::1]:8080,[0:0:0:0:0:0:0:1]:8080", "", "`listen` has [0:0:0:0:0:0:0:1]:8080, which is taken by [::1]:8080"),
        ("127.0.0.1:8080", "127.0.0.1:8080", "`admin.listen` has 127.0.0.1:8080, which is taken by 127.0.0.1:8080 of"),
        ("localhost:8080", "LOCALHOST:8080", "`admin.listen` has LOCALHOST:8080, which is taken by localhost:8080"),
        ("0.0.0.0:8080", "127.0.0.1:8080", "`admin.listen` has 127.0.0.1:8080, which is taken by 0.0.0.0:8080"),
        ("[::]:8080", "10.0.0.1:8080", "`admin.listen` has 10.0.0.1:8080, which is taken by [::]:8080 of `listen`"),
        ("[::1]:8080", "[::]:8080", "`admin.listen` has [::]:8080, which is taken by [::1]:8080 of `listen`"),
    ])
    func `an address cannot be listened on twice`(listen: String, admin: String, expected: String) async {
        var flags = ["issuer": "https://a.example", "listen": listen]
        flags["admin.listen"] = admin.isEmpty ? nil : admin
        let text = await sentence(ConfigurationSources(flags: flags))
        #expect(text.hasPrefix(expected), "\(text)")
    }

    @Test(arguments: [
        ("127.0.0.1:0", "127.0.0.1:0"), ("127.0.0.1:8080,[::1]:8080", "127.0.0.1:8081"),
        ("0.0.0.0:8080", "[::1]:8080"), ("127.0.0.1:8080", "127.0.0.2:8080"),
    ])
    func `addresses that differ go together`(listen: String, admin: String) async {
        let flags = ["issuer": "https://a.example", "listen": listen, "admin.listen": admin]
        #expect(await sentence(ConfigurationSources(flags: flags)) == "accepted")
    }

    @Test(arguments: [
        ("", [false, false, true]), ("  tls: true\n", [true, true, true]), ("  tls: false\n", [false, false, false]),
    ])
    func `the admin API speaks plain HTTP on loopback unless told otherwise`(line: String, expected: [Bool])
        async throws
    {
        let admin = "admin:\n  listen: [127.0.0.1:9090, '[::1]:9090', 10.0.0.1:9090]\n" + line
        try await withFile("issuer: https://a.example\ntls: {certificate: a, private_key: b}\n" + admin) { path in
            let settings = try await EffectiveSettings.load(ConfigurationSources(file: path))
            #expect(settings.adminListen.map(settings.speaksTLS(admin:)) == expected)
        }
        try await withFile("issuer: https://a.example\nadmin:\n  listen: [10.0.0.1:9090]\n") { path in
            let settings = try await EffectiveSettings.load(ConfigurationSources(file: path))
            #expect(settings.adminListen.map(settings.speaksTLS(admin:)) == [false])
        }
    }

    @Test func `a secret is in no error and in no listing`() async throws {
        let sources = ConfigurationSources(environment: ["LATCHKEY_POSTGRES_URL": "postgres://u:hunter2@db/x"])
        let text = await sentence(sources)
        #expect(text.contains("`postgres.url`") && !text.contains("hunter2"))
        let entries = try ConfigurationValues.read(sources).entries
        #expect(entries.first { $0.key == "postgres.url" }?.value == "<redacted>")
    }

    @Test func `an unknown variable is a warning and the master key is none`() async throws {
        let environment = ["LATCHKEY_PORT": "tcp://10.0.0.1:80", "LATCHKEY_MASTER_KEY": "c2VjcmV0", "HOME": "/"]
        let settings = try await EffectiveSettings.load(ConfigurationSources(environment: environment))
        let about = settings.warnings.filter { $0.contains("is not a setting of Latchkey") }
        #expect(about.count == 1)
        #expect(about.first?.contains("LATCHKEY_PORT") == true)
    }

    @Test func `flags win over the environment, it over the file, and that over the default`() async throws {
        try await withFile("data_dir: /file\nissuer: https://file.example\ntokens:\n  access_ttl: 60s\n") { path in
            let sources = ConfigurationSources(
                file: path,
                environment: ["LATCHKEY_DATA_DIR": "/environment", "LATCHKEY_ISSUER": "https://environment.example"],
                flags: ["data_dir": "/flag"])
            let values = try ConfigurationValues.read(sources)
            let settings = try EffectiveSettings(values)
            #expect(settings.dataDirectory.path == "/flag")
            #expect(settings.core.issuer == "https://environment.example")
            #expect(settings.core.tokens.accessLifetime == .seconds(60))
            let origins = Dictionary(uniqueKeysWithValues: values.entries.map { ($0.key, $0.origin) })
            #expect(origins["data_dir"] == "flag")
            #expect(origins["issuer"] == "environment")
            #expect(origins["tokens.access_ttl"] == "file")
            #expect(origins["listen"] == "default")
        }
    }

    @Test(arguments: ["revocations.access:\n", "revocations:\n  access: ~\n", "issuer: ''\n", "tls:\nlisten: null\n"])
    func `a key without a value is refused, not taken for its default`(yaml: String) async throws {
        try await withFile(yaml) { path in
            let refusal = #expect(throws: ConfigurationError.self) {
                try ConfigurationValues.read(ConfigurationSources(file: path))
            }
            #expect(refusal?.description.contains("has no value") == true)
        }
    }

    @Test func `a group without a line sets nothing`() async throws {
        try await withFile("tls:\n  # none\n") { path in
            let values = try ConfigurationValues.read(ConfigurationSources(file: path))
            #expect(values.entries == (try ConfigurationValues.read(ConfigurationSources()).entries))
        }
    }

    @Test func `a key may be written with dots`() async throws {
        try await withFile("tokens.access_ttl: 60s\nlogin: {throttle.window: 5m}\n") { path in
            let settings = try await EffectiveSettings.load(ConfigurationSources(file: path))
            #expect(settings.core.tokens.accessLifetime == .seconds(60))
            #expect(settings.core.login.window == .seconds(300))
        }
    }

    @Test func `an empty variable does not hide the file`() async throws {
        try await withFile("issuer: https://file.example\n") { path in
            let sources = ConfigurationSources(file: path, environment: ["LATCHKEY_ISSUER": ""])
            let settings = try await EffectiveSettings.load(sources)
            #expect(settings.core.issuer == "https://file.example")
        }
    }

    @Test(arguments: ["listen: [127.0.0.1:1, 127.0.0.1:2]\n", "listen: 127.0.0.1:1, 127.0.0.1:2\n"])
    func `a list may be a YAML list or a text with commas`(yaml: String) async throws {
        try await withFile(yaml) { path in
            let settings = try await EffectiveSettings.load(ConfigurationSources(file: path))
            #expect(settings.listen.map(\.description) == ["127.0.0.1:1", "127.0.0.1:2"])
        }
    }

    @Test func `the defaults are those of the domain's settings`() async throws {
        let settings = try await EffectiveSettings.load(ConfigurationSources())
        #expect(settings.core.issuer == "http://localhost:8080")
        let expected = LatchkeyCore.Settings(issuer: "http://localhost:8080")
        #expect(String(describing: settings.core) == String(describing: expected))
        #expect(settings.masterKeyFile == "./data/master.key")
    }

    @Test(arguments: [
        "http://auth.example.com", "https://auth.example.com/", "https://a.example/?x=1", "https://a.example/#f",
        "ftp://a.example", "auth.example.com", "https://u:p@a.example", "https://", "https://a b",
    ])
    func `an issuer outside the rules is refused`(issuer: String) async {
        let text = await sentence(ConfigurationSources(flags: ["issuer": issuer]))
        #expect(text.hasPrefix("`issuer` is \(issuer), but "), "\(text)")
    }

    @Test(arguments: [
        "https://auth.example.com", "https://auth.example.com/tenant", "http://localhost:8080", "http://127.0.0.1:1",
        "http://[::1]:8080",
    ])
    func `an issuer within the rules is accepted`(issuer: String) async {
        #expect(await sentence(ConfigurationSources(flags: ["issuer": issuer])) == "accepted")
    }

    @Test(arguments: ["0.0.0.0:8080", "127.0.0.1:0"])
    func `an issuer must be given when it cannot be assumed`(listen: String) async {
        let text = await sentence(ConfigurationSources(flags: ["listen": listen]))
        #expect(text.hasPrefix("`issuer` must be set"), "\(text)")
    }

    @Test(arguments: [
        ("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("24h", 86_400_000), ("14d", 1_209_600_000), ("0s", 0),
    ])
    func `a duration is read and written`(text: String, milliseconds: Int64) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
        #expect(DurationText.parse(DurationText.string(.milliseconds(milliseconds))) == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "30", "s", "-5s", "5 s", "1.5h", "5w", "５s", "99999999999s", "5sm"])
    func `a text that is no duration is refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test func `variables of two keys never clash`() {
        let variables = ConfigurationKey.all.map(\.variable) + [ConfigurationKey.masterKeyVariable]
        #expect(Set(variables).count == variables.count)
    }
}
