import Dispatch
import Foundation
import Glibc
package import LatchkeyCore
import LatchkeyTokens
package import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization

/// A certificate and its private key on disk, and the TLS settings made from them. New connections get the last pair
/// that was read successfully; open ones keep theirs.
package final class TLSIdentity: Sendable {
    /// The result of checking the files again.
    package enum Reload: Sendable, Equatable {
        case unchanged
        case reloaded
        /// The files exist but are unusable; the old certificate stays. Reported once per change.
        case failed(reason: String)
    }

    private struct Loaded {
        let context: NIOSSLContext
        let validity: CertificateValidity
    }

    private struct State {
        var loaded: Loaded
        var stamp: [FileStamp?]
    }

    private struct FileStamp: Equatable, Sendable {
        let changedAt: Date
        let size: Int
        let inode: Int
    }

    /// Paths of PEM files: the certificate with its chain, and the unencrypted private key.
    package let certificatePath: String
    package let privateKeyPath: String
    private let state: Mutex<State>

    /// Reads both files.
    /// - Throws: ``TLSIdentityError`` naming the file that cannot be used.
    package init(certificatePath: String, privateKeyPath: String) throws(TLSIdentityError) {
        self.certificatePath = certificatePath
        self.privateKeyPath = privateKeyPath
        let stamp = [certificatePath, privateKeyPath].map(Self.stamp)
        let loaded = try Self.load(certificatePath, privateKeyPath)
        state = Mutex(State(loaded: loaded, stamp: stamp))
    }

    /// The TLS context for a new connection.
    var context: NIOSSLContext { state.withLock { $0.loaded.context } }

    /// The validity of the certificate itself, not of its issuers.
    package var validity: CertificateValidity { state.withLock { $0.loaded.validity } }

    /// Checks the files and reads them again when time, size or inode of one differs, or always with `force`.
    package func reload(force: Bool = false) -> Reload {
        let stamp = [certificatePath, privateKeyPath].map(Self.stamp)
        return state.withLock { state in
            guard force || stamp != state.stamp else { return .unchanged }
            state.stamp = stamp
            do throws(TLSIdentityError) {
                state.loaded = try Self.load(certificatePath, privateKeyPath)
                return .reloaded
            } catch {
                return .failed(reason: error.description)
            }
        }
    }

    private static func load(_ certificate: String, _ privateKey: String) throws(TLSIdentityError) -> Loaded {
        try checkReadable(certificate, "certificate")
        try checkReadable(privateKey, "private key")
        let chain: [NIOSSLCertificate]
        let key: NIOSSLPrivateKey
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificate)
        } catch {
            throw TLSIdentityError("The TLS certificate \(certificate) cannot be read as PEM.")
        }
        guard let leaf = chain.first else { throw TLSIdentityError("The file \(certificate) holds no certificate.") }
        do {
            key = try NIOSSLPrivateKey(file: privateKey, format: .pem)
        } catch {
            throw TLSIdentityError("The TLS private key \(privateKey) cannot be read as unencrypted PEM.")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["h2", "http/1.1"]
        // The wait for the peer's close_notify. Everything written is out by then, and a silent peer must not delay the
        // shutdown.
        configuration.shutdownTimeout = .milliseconds(500)
        do {
            return Loaded(
                context: try NIOSSLContext(configuration: configuration),
                validity: CertificateValidity(
                    notBefore: Timestamp(seconds: Int64(leaf.notValidBefore)),
                    notAfter: Timestamp(seconds: Int64(leaf.notValidAfter))))
        } catch {
            throw TLSIdentityError("The TLS private key \(privateKey) does not belong to \(certificate).")
        }
    }

    /// The system's own message is more useful than "no PEM".
    private static func checkReadable(_ path: String, _ what: String) throws(TLSIdentityError) {
        // The path is a live copy for the call, and strerror's text is copied at once.
        guard unsafe access(path, R_OK) != 0 else { return }
        throw TLSIdentityError("The TLS \(what) \(path) cannot be read: \(unsafe String(cString: strerror(errno))).")
    }

    /// Follows links, because certificates in containers are swapped by links.
    private static func stamp(_ path: String) -> FileStamp? {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: target),
            let changedAt = attributes[.modificationDate] as? Date
        else { return nil }
        return FileStamp(
            changedAt: changedAt, size: attributes[.size] as? Int ?? 0,
            inode: attributes[.systemFileNumber] as? Int ?? 0)
    }
}

/// A certificate or key file that cannot be used, in a sentence for the operator.
package struct TLSIdentityError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// Keeps a ``TLSIdentity`` up to date: on SIGHUP at once, and when a file changed within `interval`. A broken new file
/// keeps the old certificate and logs an error. It warns about a certificate that expires soon or has expired at the
/// start, after each reading, and once a day.
package struct CertificateReloader: Service {
    private static let warningInterval: Duration = .seconds(86_400)

    private let identity: TLSIdentity
    private let interval: Duration
    private let clock: Clock
    private let logger: Logger

    package init(identity: TLSIdentity, interval: Duration = .seconds(10), clock: Clock = .wall, logger: Logger) {
        self.identity = identity
        self.interval = interval
        self.clock = clock
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
        let start = clock.now()
        warn()
        try? await cancelWhenGracefulShutdown {
            var warned = start
            while !Task.isCancelled {
                try await Task.sleep(for: reloader.interval)
                reloader.reload(force: false)
                let now = reloader.clock.now()
                // A clock that was set back does not silence it either.
                guard now < warned || now >= warned + Self.warningInterval else { continue }
                warned = now
                reloader.warn()
            }
        }
    }

    /// One check of the files, as for the timer and SIGHUP.
    package func reload(force: Bool) {
        switch identity.reload(force: force) {
        case .unchanged:
            break
        case .reloaded:
            logger.info("TLS certificate reloaded", metadata: ["lk.file": "\(identity.certificatePath)"])
            warn()
        case .failed(let reason):
            logger.error("TLS certificate not reloaded; the old one stays in use", metadata: ["lk.reason": "\(reason)"])
        }
    }

    /// Logs what is wrong with the dates of the certificate, if anything is.
    package func warn() {
        guard let concern = identity.validity.concern(at: clock.now()) else { return }
        logger.warning(
            "TLS certificate needs attention",
            metadata: ["lk.reason": "\(concern)", "lk.file": "\(identity.certificatePath)"])
    }
}
