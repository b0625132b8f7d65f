import ArgumentParser
import Foundation
import LatchkeyCore
import LatchkeyHTTP

struct UserImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Imports accounts with the password hashes of another system.",
        discussion: """
            FILE holds one JSON object per line; - stands for standard input:

              {"name":"alice","password_hash":"$2b$12$…","roles":["editor"],"must_change_password":true}

            Only name and password_hash are required; disabled, email, email_verified, display_name, locale, zoneinfo
            and claims (a JSON object) are optional too. With must_change_password the first sign-in asks for a new
            password. Hashes may be Argon2, bcrypt, scrypt or PBKDF2, as Django, Spring Security,
            passlib, Keycloak (its credential's JSON, as a string), PHP or ASP.NET Identity write them. The user's first
            login replaces the hash with Argon2id. Until all are replaced, every refused sign-in takes as long as the
            slowest of them. This page lists the products, how to export from them and what is refused:
            Sources/LatchkeyCore/Documentation.docc/ImportedPasswords.md

            Existing names are left alone, so you can repeat an import.

              latchkey user import users.jsonl --dry-run
              latchkey user import users.jsonl
            """
    )

    @Argument(help: "File of JSON lines, or -.", completion: .file()) var file: String
    @Flag(help: "Check every line and write nothing.") var dryRun = false
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let effective = try await settings.load()
        let handle = file == "-" ? FileHandle.standardInput : try FileTrouble.open(file)
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        var bar = ProgressBar(total: (attributes?[.size] as? Int) ?? 0)
        var tally = ImportTally()
        try await AdminConnection.with(effective) { connection in
            var lines = LineReader(handle)
            var chunk = ImportChunk(dryRun: dryRun)
            while let line = try lines.next() {
                guard line.text.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { continue }
                let parsed: UserImportLine
                do {
                    parsed = try JSONDecoder().decode(UserImportLine.self, from: Data(line.text))
                } catch {
                    tally.refuse(line.number, Self.complaint(about: error))
                    continue
                }
                if !chunk.fits(line.text) {
                    try await tally.add(chunk, connection)
                    chunk = ImportChunk(dryRun: dryRun)
                    bar.show(lines.position, CountText.string(tally.seen, "user"))
                }
                guard chunk.fits(line.text) else {
                    tally.refuse(line.number, "is longer than a request may be.")
                    continue
                }
                chunk.add(parsed, line.text, number: line.number)
            }
            try await tally.add(chunk, connection)
        }
        bar.finish(CountText.string(tally.seen, "user"))
        for problem in tally.problems { Terminal.note(problem) }
        let verb = dryRun ? "would be imported" : "imported"
        Terminal.line("\(tally.imported) \(verb), \(tally.existing) exist already, \(tally.refused) refused.")
        guard tally.refused == 0 else {
            throw CommandFailure(
                "\(CountText.string(tally.refused, "line")) refused: correct what is wrong and import the file again.")
        }
        Terminal.next(
            dryRun
                ? "import for real with \(settings.command("user import \(ShellText.quote(file))"))."
                : "users sign in with their old passwords.")
    }
}

extension UserImportCommand {
    /// What is wrong with a line that does not have the form, without quoting it.
    private static func complaint(about error: any Error) -> String {
        let members = UserImportLine.schema.memberNames
        if case DecodingError.dataCorrupted(let context) = error,
            context.debugDescription == UserImportLine.schema.unknownMember
        {
            return "has an unknown member; the known ones are \(members.joined(separator: ", "))."
        }
        switch error {
        case DecodingError.keyNotFound(let key, _) where members.contains(key.stringValue):
            return "lacks the member \(key.stringValue)."
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            // The first element of the path: the second is a position in a list.
            guard let name = context.codingPath.first?.stringValue, members.contains(name) else { break }
            return "has a wrong value in the member \(name): it must be \(form(of: name))."
        default: break
        }
        return "is not a JSON object with name and password_hash."
    }

    private static func form(of member: String) -> String {
        switch UserImportLine.schema.type(of: member) {
        case .array: "a list of strings, like [\"editor\"]"
        case .boolean: "true or false, without quotation marks"
        case .anyObject: "a JSON object"
        default: "a string in quotation marks"
        }
    }
}

/// Lines to send to the server in one request: within the body limit of 64 KiB and the server's own limit.
private struct ImportChunk {
    /// Leaves space for the JSON escaping of a line that is written again, and for the envelope.
    private static let maximumBytes = 40 * 1024

    let dryRun: Bool
    private(set) var lines: [UserImportLine] = []
    private(set) var numbers: [Int] = []
    private var bytes = 0

    init(dryRun: Bool) { self.dryRun = dryRun }

    func fits(_ text: [UInt8]) -> Bool {
        lines.count < UserImportRequest.maximumLines && bytes + text.count + 2 <= Self.maximumBytes
    }

    mutating func add(_ line: UserImportLine, _ text: [UInt8], number: Int) {
        lines.append(line)
        numbers.append(number)
        bytes += text.count + 2
    }
}

/// The results of all lines so far.
private struct ImportTally {
    /// More complaints than this are counted, not shown.
    private static let maximumProblems = 100

    private(set) var imported = 0
    private(set) var existing = 0
    private(set) var refused = 0
    private(set) var problems: [String] = []

    var seen: Int { imported + existing + refused }

    mutating func refuse(_ line: Int, _ reason: String) {
        refused += 1
        if problems.count < Self.maximumProblems { problems.append("line \(line): \(reason)") }
    }

    mutating func add(_ chunk: ImportChunk, _ connection: AdminConnection) async throws {
        guard !chunk.lines.isEmpty else { return }
        let body = UserImportRequest(lines: chunk.lines, dryRun: chunk.dryRun)
        let reply = try await connection.send("POST", AdminPath.usersImport, body, as: UserImportResponse.self)
        for (number, result) in zip(chunk.numbers, reply.results) {
            switch result.outcome {
            case .imported: imported += 1
            case .alreadyExists: existing += 1
            case .refused: refuse(number, result.detail ?? "refused.")
            }
        }
    }
}

/// Reads a file line by line without holding it whole.
struct LineReader {
    /// A longer line is a mistake, not data.
    private static let maximumLine = 1 << 20

    private let file: FileHandle
    private var buffer: [UInt8] = []
    private var start = 0
    private var number = 0
    private var isAtEnd = false
    /// Bytes of the lines returned so far.
    private(set) var position = 0

    init(_ file: FileHandle) { self.file = file }

    /// The next line without its ending, and its number from 1; `nil` at the end.
    mutating func next() throws -> (number: Int, text: [UInt8])? {
        while true {
            if let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return line(buffer[start..<end])
            }
            if isAtEnd {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return line(buffer[start...])
            }
            guard buffer.count - start <= Self.maximumLine else {
                throw CommandFailure("Line \(number + 1) is longer than 1 MiB.")
            }
            buffer.removeFirst(start)
            start = 0
            let data: Data?
            do { data = try file.read(upToCount: 1 << 16) } catch {
                throw CommandFailure("Line \(number + 1) cannot be read: check that this is a file, and the disk.")
            }
            if let data, !data.isEmpty {
                buffer.append(contentsOf: data)
            } else {
                isAtEnd = true
            }
        }
    }

    private mutating func line(_ bytes: ArraySlice<UInt8>) -> (number: Int, text: [UInt8]) {
        number += 1
        position += bytes.count + 1
        let text = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
        // A byte order mark is not part of the text.
        return (number, Array(number == 1 && text.starts(with: [0xEF, 0xBB, 0xBF]) ? text.dropFirst(3) : text))
    }
}
