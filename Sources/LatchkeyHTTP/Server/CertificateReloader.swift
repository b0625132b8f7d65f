import Dispatch
import Glibc
package import Logging
import ServiceLifecycle

/// Keeps a ``TLSIdentity`` up to date: on SIGHUP at once, and when a file changed within `interval`. A broken new file
/// keeps the old certificate and logs an error.
package struct CertificateReloader: Service {
    private let identity: TLSIdentity
    private let interval: Duration
    private let logger: Logger

    package init(identity: TLSIdentity, interval: Duration = .seconds(10), logger: Logger) {
        self.identity = identity
        self.interval = interval
        self.logger = logger
    }

    /// Runs until graceful shutdown. While it runs, SIGHUP does not end the process.
    package func run() async throws {
        signal(SIGHUP, SIG_IGN)
        let hangup = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        let reloader = self
        hangup.setEventHandler { reloader.reload(force: true) }
        hangup.activate()
        defer { hangup.cancel() }
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try await Task.sleep(for: reloader.interval)
                reloader.reload(force: false)
            }
        }
    }

    /// One look at the files, as the timer and SIGHUP take it.
    package func reload(force: Bool) {
        switch identity.reload(force: force) {
        case .unchanged:
            break
        case .reloaded:
            logger.info("TLS certificate reloaded", metadata: ["lk.file": "\(identity.certificatePath)"])
        case .failed(let reason):
            logger.error("TLS certificate not reloaded, the old one stays", metadata: ["lk.reason": "\(reason)"])
        }
    }
}
