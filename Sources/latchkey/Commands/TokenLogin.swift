import ArgumentParser
import Foundation
import LatchkeyCore
import LatchkeyHTTP

struct TokenLogin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Signs in with a password and prints the tokens.",
        discussion: """
            Speaks HTTP to the server, like any application. The client must be first-party. A confidential client's
            secret is asked for with --confidential, or read from standard input after the password.

              latchkey token login --client web --user alice
              pass show alice | latchkey token login --client web --user alice --password-stdin --access-token
            """
    )

    /// `POST /api/v1/login`
    private struct Request: Encodable {
        let username: String
        let password: SecretText
        let clientID: String
        let scope: String?
        let deviceName: String?

        enum CodingKeys: String, CodingKey {
            case username, password, scope
            case clientID = "client_id"
            case deviceName = "device_name"
        }
    }

    /// What of the answer a person is told.
    private struct Reply: Decodable {
        let accessToken: String
        let expiresIn: Int

        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case expiresIn = "expires_in"
        }
    }

    @Option(name: .long, help: "Through which client.") var client: String
    @Option(name: .long, help: "Who signs in.") var user: String
    @Option(name: .long, help: "Where the server is; by default the configured issuer.") var url: String?
    @Option(name: .long, help: "A scope; may be repeated.") var scope: [String] = []
    @Option(name: .long, help: "Shown in the user's list of sessions.") var deviceName: String?
    @Flag(help: "The client has a secret.") var confidential = false
    @Flag(help: "Read the password from standard input, one line.") var passwordStdin = false
    @Flag(help: "Read the secret from standard input, one line (after the password's).") var secretStdin = false
    @Flag(help: "Print the access token alone.") var accessToken = false
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let base = try await server()
        let (password, secret) = try secrets()
        let body = Request(
            username: user, password: SecretText(password), clientID: client,
            scope: scope.isEmpty ? nil : scope.joined(separator: " "), deviceName: deviceName)
        let answer: HTTPTransport.Answer
        do {
            answer = try await HTTPTransport.send(
                "POST", base + "/api/v1/login", fields: secret.map { [authorization($0)] } ?? [],
                body: AdminConnection.encode(body))
        } catch {
            throw CommandFailure("No answer from \(base): \(HTTPTransport.reason(error)). Is the server running?")
        }
        guard answer.status == 200 else {
            let problem = try? JSONDecoder().decode(ProblemResource.self, from: Data(answer.body))
            throw CommandFailure(problem?.detail ?? "\(base) answered with status \(answer.status).")
        }
        let reply = try JSONDecoder().decode(Reply.self, from: Data(answer.body))
        if accessToken {
            Terminal.line(reply.accessToken)
        } else {
            Terminal.line(try pretty(answer.body))
        }
        Terminal.next(
            "the access token lives \(reply.expiresIn) s; check it with \(settings.command("token verify")).")
    }

    private func server() async throws -> String {
        if let url { return url.hasSuffix("/") ? String(url.dropLast()) : url }
        return try await settings.load().core.issuer
    }

    private func secrets() throws -> (password: String, secret: String?) {
        let wantsSecret = confidential || secretStdin
        if passwordStdin, secretStdin {
            let lines = String(decoding: try SecretInput.all(), as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.hasSuffix("\r") ? String($0.dropLast()) : String($0) }
            guard lines.count >= 2, !lines[0].isEmpty, !lines[1].isEmpty else {
                throw CommandFailure("Standard input must hold two lines: the password, then the client's secret.")
            }
            return (lines[0], lines[1])
        }
        let password = try SecretInput.read(
            "Password of \(user)", fromStandardInput: passwordStdin, flag: "--password-stdin")
        guard wantsSecret else { return (password, nil) }
        let secret = try SecretInput.read(
            "Secret of \(client)", fromStandardInput: secretStdin, flag: "--secret-stdin")
        return (password, secret)
    }

    /// RFC 6749 section 2.3.1. A client id needs no encoding, a secret may.
    private func authorization(_ secret: String) -> (name: String, value: String) {
        let plain = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "\u{0}"..."\u{7F}"))
            .union(CharacterSet(charactersIn: "-._~"))
        let encoded = secret.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
        return ("Authorization", "Basic " + Data("\(client):\(encoded)".utf8).base64EncodedString())
    }

    private func pretty(_ json: [UInt8]) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(json))
        let data = try JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }
}
