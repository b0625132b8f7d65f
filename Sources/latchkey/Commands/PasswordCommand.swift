import Argon2
import ArgumentParser
import Foundation
import LatchkeyCore

struct PasswordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "password",
        abstract: "Argon2 tools that need neither server nor database.",
        discussion: """
              latchkey password hash
              latchkey password calibrate --target 100ms --memory 1GiB
            """,
        subcommands: [PasswordHash.self, PasswordVerify.self, PasswordCalibrate.self]
    )
}

struct PasswordHash: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash",
        abstract: "Hashes a password with the configured parameters.",
        discussion: """
            Prints a PHC string that `user import` accepts.

              latchkey password hash
              echo 'correct horse battery staple' | latchkey password hash --password-stdin
            """
    )

    @Flag(help: "Read the password from standard input, one line.") var passwordStdin = false
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let effective = try await settings.load()
        let password = try SecretInput.read(
            "Password", fromStandardInput: passwordStdin, flag: "--password-stdin", twice: true)
        let hash = try await LocalHashing.with(effective) { verifier in
            try await verifier.hash(password: Password(password), network: LocalHashing.network)
        }
        Terminal.line(hash)
        Terminal.next("use it as the password_hash of an import line, see `\(Program.asTyped) user import --help`.")
    }
}

struct PasswordVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks a password against a hash: exit code 0 when it matches, 1 when not.",
        discussion: """
            The file holds the hash on one line: Argon2, bcrypt, scrypt or PBKDF2.

              latchkey password verify hash.txt
            """
    )

    @Argument(help: "File with the hash.", completion: .file()) var hashFile: String
    @Flag(help: "Read the password from standard input, one line.") var passwordStdin = false
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let effective = try await settings.load()
        guard let stored = SmallFile.text(hashFile, limit: 4096) else {
            throw CommandFailure("Cannot read \(hashFile) as a file with one hash.")
        }
        do {
            _ = try PasswordHashFormat(parsing: stored)
        } catch {
            throw CommandFailure("\(hashFile): \(error)")
        }
        let password = try SecretInput.read("Password", fromStandardInput: passwordStdin, flag: "--password-stdin")
        let verdict = try await LocalHashing.with(effective) { verifier in
            try await verifier.verify(password: Password(password), stored: stored, network: LocalHashing.network)
        }
        guard case .match(let needsRehash) = verdict else {
            throw CommandFailure("The password does not match the hash.")
        }
        Terminal.line("The password matches the hash.")
        Terminal.next(
            needsRehash
                ? "the hash is weaker than the configured parameters; a login would replace it."
                : "nothing to do, the hash is as strong as configured.")
    }
}

struct PasswordCalibrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Proposes Argon2id parameters for this machine.",
        discussion: """
            --target is the longest time of one hash, --memory the limit for all threads together.

              latchkey password calibrate --target 100ms --memory 1GiB
            """
    )

    @Option(name: .long, help: "Longest time of one hash.") var target = DurationArgument(.milliseconds(100))
    @Option(name: .long, help: "Memory for all threads, such as 512MiB or 1GiB.")
    var memory = MemoryArgument(kib: 1 << 20)
    @Option(name: .long, help: "Hashes computed at the same time; by default the number of cores.") var threads: Int?

    func validate() throws {
        guard (threads ?? 1) >= 1 else { throw ValidationError("--threads must be 1 or more.") }
    }

    func run() async throws {
        let threads = threads ?? ProcessorCount.available
        let calibration = Calibration(target: target.duration, memoryBudgetKiB: memory.kib, threads: threads)
        Terminal.note("Measuring for a few seconds...")
        let proposal = try calibration.propose(measure: Calibration.measureOnThisThread)
        let parameters = proposal.parameters
        Terminal.line("password:")
        Terminal.line("  argon2:")
        Terminal.line("    memory_kib: \(parameters.memoryKiB)")
        Terminal.line("    iterations: \(parameters.iterations)")
        Terminal.line("    parallelism: \(parameters.parallelism)")
        let measured = DurationText.string(.milliseconds(proposal.measured.wholeMilliseconds))
        Terminal.note("One hash takes \(measured) here, when hashes run one at a time on an otherwise idle machine.")
        if !proposal.isWithinTarget {
            Terminal.note("Warning: even the weakest acceptable parameters exceed the given time or memory.")
        }
        Terminal.next(
            "put these lines into the configuration file; stored hashes are replaced at each user's next login.")
    }
}

/// Memory on the command line: `512MiB`, `1GiB`.
struct MemoryArgument: ExpressibleByArgument, Sendable {
    let kib: Int

    init(kib: Int) { self.kib = kib }

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        let factors = ["KiB": 1, "MiB": 1 << 10, "GiB": 1 << 20]
        guard (1...8).contains(digits.count), let number = Int(digits), number > 0,
            let factor = factors[String(argument[digits.endIndex...])]
        else { return nil }
        kib = number * factor
    }

    var defaultValueDescription: String { kib % (1 << 20) == 0 ? "\(kib >> 20)GiB" : "\(kib >> 10)MiB" }
}

/// One hash thread for a command.
private enum LocalHashing {
    static let network = "local"

    static func with<Result>(
        _ settings: EffectiveSettings, _ body: (PasswordVerifier) async throws -> Result
    ) async throws -> Result {
        let argon2 = settings.core.password.argon2
        // Nothing is queued before the one job, so no wait is too long.
        let pool = try HashPool(threads: 1, maxQueueWait: .seconds(3600), reference: argon2)
        do {
            let result = try await body(PasswordVerifier(pool: pool, argon2: argon2))
            await pool.shutdown()
            return result
        } catch {
            await pool.shutdown()
            throw error
        }
    }
}
