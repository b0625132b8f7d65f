import Foundation
import LatchkeyBytes
import LatchkeyCore
import LatchkeyHTTP

/// Signs in over HTTP with a password, like any application: shared by `token login` and the probe.
struct PasswordLogin: Sendable {
    let server: ServerAddress
    let client: String
    let user: String
    let password: SecretText
    /// The secret of a confidential client.
    var secret: SecretText?
    var scope: String?
    var deviceName: String?

    /// The server's response.
    struct Reply: Sendable {
        let accessToken: SecretText
        /// Seconds.
        let expiresIn: Int
        /// The complete JSON response, including tokens.
        let body: [UInt8]
    }

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

    private struct Answer: Decodable {
        let accessToken: SecretText
        let expiresIn: Int

        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case expiresIn = "expires_in"
        }
    }

    /// - Throws: ``CommandFailure`` in the server's words, or when there is no response.
    func run() async throws -> Reply {
        let body = Request(
            username: user, password: password, clientID: client, scope: scope, deviceName: deviceName)
        let answer = try await server.send(
            "POST", PublicPath.login, fields: secret == nil ? [] : [authorization], body: AdminConnection.encode(body))
        guard answer.status == 200 else {
            let problem = try? JSONDecoder().decode(ProblemResource.self, from: Data(answer.body))
            // The server's words are for an application, which can send more than the options here.
            if problem?.code == Refusal.Code.passwordChangeRequired.rawValue {
                throw CommandFailure(
                    "The password must be changed first: sign in through an application that asks for a new one, or "
                        + "have an operator set one with `latchkey user set-password NAME`.")
            }
            throw CommandFailure(problem?.detail ?? "\(server.name) answered with status \(answer.status).")
        }
        guard let reply = try? JSONDecoder().decode(Answer.self, from: Data(answer.body)) else {
            throw CommandFailure("\(server.name) answered the login without a token.")
        }
        return Reply(accessToken: reply.accessToken, expiresIn: reply.expiresIn, body: answer.body)
    }

    /// The client's credentials by RFC 6749 section 2.3.1. A client id needs no encoding, a secret may.
    var authorization: (name: String, value: String) {
        let credentials = "\(client):\(PercentEncoding.encode(secret?.exposed ?? ""))"
        return ("Authorization", "Basic " + Base64.string(Array(credentials.utf8), padded: true))
    }
}
