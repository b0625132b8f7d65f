import LatchkeyCore
import LatchkeyHTTP
import LatchkeySQLite
import Logging

extension Compose {
    /// The same router inside this process, for a command that found no running server. The caller holds the lock.
    static func localResponder(settings: EffectiveSettings) async throws -> LocalServer {
        var logger = Logger(label: "latchkey")
        logger.logLevel = .error
        let program = try await build(settings: settings, schema: .requireCurrent, logger: logger)
        return LocalServer(
            respond: { method, path, body in
                let answer = await program.router.respond(method: method, path: path, body: body)
                return LocalServer.Answer(status: answer.status, body: answer.body)
            },
            shutdown: { await program.shutdown() })
    }
}
