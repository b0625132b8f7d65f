import ArgumentParser
import Foundation
import LatchkeyHTTP
import NIOCore

struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Checks whether the running server can do its job.",
        discussion: """
            Asks /readyz over the data directory's socket, as the health check of a container that has no curl. The exit
            code is 1 when the server is not ready or does not run.

              latchkey health
            """
    )

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        // Only the directory: the server may have got its issuer and addresses from flags.
        let values = try ConfigurationValues.read(settings.sources())
        let directory = DataDirectory(path: try values.value(of: ConfigurationKey.dataDirectory))
        guard let socket = try AdminConnection.reachableSocket(of: directory) else {
            throw CommandFailure("No server runs on the data directory \(directory.path).")
        }
        let readiness = try await Self.ask(socket)
        let troubles = readiness.checks.filter { !$0.ok }.map { $0.detail ?? $0.name }
        guard readiness.ready else { throw CommandFailure(troubles.joined(separator: " ")) }
        Terminal.line("The server is ready.")
    }

    /// A container's health check runs often, and a slower server is not healthy.
    private static let patience: TimeAmount = .seconds(5)

    private static func ask(_ socket: UnixSocketPath) async throws -> Readiness {
        do {
            let url = HTTPTransport.url(socket: socket.text, path: PublicPath.readiness)
            let answer = try await HTTPTransport.send("GET", url, within: patience)
            return try JSONDecoder().decode(Readiness.self, from: Data(answer.body))
        } catch is DecodingError {
            throw CommandFailure(
                "The server's answer is not what this version expects: run the same version of latchkey on both sides.")
        } catch {
            throw CommandFailure(HTTPTransport.sentence(error, within: patience))
        }
    }
}
