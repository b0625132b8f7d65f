import ArgumentParser
import Foundation
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyVerifier

struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Measures a running installation from outside.",
        discussion: "  latchkey probe revocation --client web --user probe --password-stdin",
        subcommands: [ProbeRevocation.self]
    )
}

/// How the probe's verifiers learn about a revocation.
enum ProbeMode: String, ExpressibleByArgument, CaseIterable {
    case longPoll = "long-poll"
    case interval
    case both
}

struct ProbeRevocation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revocation",
        abstract: "Logs in, revokes, and measures how long verifiers keep accepting the token.",
        discussion: """
            The probe runs verifiers like those in services, signs a test user in and out repeatedly, and measures the
            time from sending the logout until each verifier refuses the token. It needs a first-party client and a user
            of its own, but no administrator. It changes nothing but that user's sessions, so you can run it against
            production. The exit code is 1 when the 99th percentile exceeds --max (in mode interval: interval + max), or
            when a verifier never refused the token.

              latchkey probe revocation --client web --user probe --password-stdin < password.txt
              latchkey probe revocation --url https://auth.example.com --client web --user probe --mode long-poll --max 200ms

            The server holds at most `revocations.max_waiters_per_address` (64) long polls for one address. It answers
            further verifiers of the same machine every `revocations.next_update`, and the result shows it.
            """
    )

    @Option(name: .long, help: "The client to sign in through.") var client: String
    @Option(name: .long, help: "The user who signs in.") var user: String
    @Option(name: .long, help: "Verifiers to run, 1 to 1000.") var verifiers = 50
    @Option(name: .long, help: "long-poll, interval or both, one after the other.") var mode = ProbeMode.both
    @Option(name: .long, help: "Time between two polls of a verifier in mode interval.")
    var interval = DurationArgument(.seconds(2))
    @Option(name: .long, help: "Revocations to measure, 1 to 10000.") var rounds = 20
    @Option(name: .long, help: "Revocations before the measurement, which do not count.") var warmUp = 3
    @Option(name: .long, help: "Fail when the 99th percentile exceeds this.") var max = DurationArgument(
        .milliseconds(200))
    @Flag(help: "The client is confidential: ask for its secret.") var confidential = false
    @Flag(help: "Read the password from standard input, one line.") var passwordStdin = false
    @Flag(help: "Read the secret from standard input, one line (after the password's).") var secretStdin = false
    @OptionGroup var server: ServerOptions
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func validate() throws {
        guard (1...1000).contains(verifiers) else { throw ValidationError("--verifiers takes 1 to 1000.") }
        guard (1...10000).contains(rounds) else { throw ValidationError("--rounds takes 1 to 10000.") }
        guard (0...1000).contains(warmUp) else { throw ValidationError("--warm-up takes 0 to 1000.") }
        guard interval.duration >= .milliseconds(100), interval.duration <= .seconds(3600) else {
            throw ValidationError("--interval takes 100ms to 1h.")
        }
    }

    func run() async throws {
        let address = try await ServerAddress.findOnNetwork(server, settings)
        let (password, secret) = try SecretInput.passwordAndSecret(
            user: user, client: client, passwordStdin: passwordStdin, secretStdin: secretStdin,
            wantsSecret: confidential)
        let probe = RevocationProbe(
            login: PasswordLogin(
                server: address, client: client, user: user, password: SecretText(password),
                secret: secret.map { SecretText($0) }, deviceName: "latchkey probe"),
            roots: try server.roots(), verifiers: verifiers, rounds: rounds, warmUp: warmUp)
        try report(try await measure(probe))
    }

    private func measure(_ probe: RevocationProbe) async throws -> [ProbeResult] {
        do {
            var results: [ProbeResult] = []
            for (name, polling, limit) in modes {
                Terminal.note(
                    "\(name): \(CountText.string(verifiers, "verifier")), \(warmUp) + \(CountText.string(rounds, "revocation"))"
                )
                results.append(ProbeResult(mode: name, limit: limit, latencies: try await probe.measure(polling)))
            }
            await probe.leave()
            return results
        } catch {
            await probe.leave()
            throw error
        }
    }

    private var modes: [(name: String, polling: TokenVerifier.PollingMode, limit: Duration)] {
        let long = (name: "long-poll", polling: TokenVerifier.PollingMode.longPoll(), limit: max.duration)
        let short = (
            name: "interval \(DurationText.string(interval.duration))",
            polling: TokenVerifier.PollingMode.interval(interval.duration),
            limit: interval.duration + max.duration
        )
        return switch mode {
        case .longPoll: [long]
        case .interval: [short]
        case .both: [long, short]
        }
    }

    private func report(_ results: [ProbeResult]) throws {
        if output.format == .json {
            try JSONOutput.show(results.map(\.resource))
        } else {
            for result in results { for line in result.lines { Terminal.line(line) } }
        }
        let failed = results.filter { !$0.isWithinLimit }
        guard failed.isEmpty else {
            throw CommandFailure(
                failed.map { "Beyond the limit: \($0.mode), \($0.summary)." }.joined(separator: " "))
        }
        Terminal.next("see which services poll with \(settings.command("consumers")).")
    }
}
