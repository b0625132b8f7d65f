import ArgumentParser
import Foundation
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens

/// What applications may be told about a user, as options.
struct ProfileOptions: ParsableArguments {
    @Option(help: "E-mail address.") var email: String?
    @Flag(inversion: .prefixedNo, help: "Whether the user was shown to receive mail there.") var emailVerified: Bool?
    @Option(help: "Name to show to people.") var displayName: String?
    @Option(help: "Language tag, such as en-GB.") var locale: String?
    @Option(help: "Time zone, such as Europe/Berlin.") var zoneinfo: String?
    @Option(
        help: "File with a JSON object of further claims, or - for standard input.", completion: .file())
    var claimsFile: String?

    /// The longest file that is read, in bytes: more than the server accepts, so that it says what is wrong.
    private static let limit = 64 * 1024

    var isEmpty: Bool {
        email == nil && emailVerified == nil && displayName == nil && locale == nil && zoneinfo == nil
            && claimsFile == nil
    }

    /// Whether the claims are on standard input.
    var readsStandardInput: Bool { claimsFile == "-" }

    /// The claims of the file.
    /// - Throws: ``CommandFailure`` for a file that cannot be read or holds no JSON object.
    func claims() throws -> JSONDocument? {
        guard let claimsFile else { return nil }
        let handle = readsStandardInput ? FileHandle.standardInput : try FileTrouble.open(claimsFile)
        let data: Data
        do { data = try handle.read(upToCount: Self.limit + 1) ?? Data() } catch {
            throw CommandFailure("The claims cannot be read: check that this is a file, and the disk.")
        }
        do {
            return JSONDocument(try StrictJSON.parseObject(Array(data), maximumLength: Self.limit))
        } catch {
            throw CommandFailure("The claims are not a JSON object: \(error).")
        }
    }
}

/// A part of a profile that can be taken away.
enum ProfilePart: String, CaseIterable, ExpressibleByArgument {
    case email
    case displayName = "display_name"
    case locale
    case zoneinfo
    case claims

    /// Whether an option sets it.
    func isGiven(_ options: ProfileOptions) -> Bool {
        switch self {
        case .email: options.email != nil
        case .displayName: options.displayName != nil
        case .locale: options.locale != nil
        case .zoneinfo: options.zoneinfo != nil
        case .claims: options.claimsFile != nil
        }
    }

    func remove(from body: inout UserUpdate) {
        switch self {
        case .email: body.email = .clear
        case .displayName: body.displayName = .clear
        case .locale: body.locale = .clear
        case .zoneinfo: body.zoneinfo = .clear
        case .claims: body.claims = .clear
        }
    }
}
