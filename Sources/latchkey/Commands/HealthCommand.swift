import ArgumentParser
import Foundation
import LatchkeyHTTP
import NIOCore

struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Whether the running server can do its job.",
        discussion: """
            What /readyz says, asked over the data directory's socket: for the health check of a container, which has no
            curl. Exit code 1 when the server is not ready or none runs.

              latchkey health
            """
    )

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        // The directory alone: the server may have been given its issuer and addresses by flags.
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

    /// A container's health check asks often, and a server that takes longer is not healthy.
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
