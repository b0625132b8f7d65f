import Argon2
import Foundation
import LatchkeyBytes
package import LatchkeyCore
package import LatchkeyHTTP
package import LatchkeyMigrations
import LatchkeyPages
import LatchkeyTokens
package import Logging

/// The composition root: the one place that knows every part. `serve`, the other commands and the tests build the same
/// program here, from settings alone.
package struct Compose: Sendable {
    package let settings: EffectiveSettings
    package let opened: OpenedStore
    package let services: Services
    package let http: HTTPAssembly
    let precedence: Precedence
    let certificate: ServedCertificate
    package let logger: Logger

    package var store: any Store { opened.store }

    /// Opens the data directory and wires everything; binds nothing and runs nothing in the background. The caller
    /// holds the directory's lock, and calls ``shutdown()`` at the end.
    ///
    /// - Parameters:
    ///   - clock: in place of the store's own, for tests.
    ///   - mayMigrate: whether an older database is migrated; otherwise it is refused.
    ///   - serves: false for a command, which other nodes need not know, and which needs no logo.
    ///   - later: as ``OpenedStore/open(_:mayMigrate:time:later:observer:logger:)`` takes it.
    ///   - environment: where `LATCHKEY_MASTER_KEY` is read from.
    /// - Throws: `MigrationError`, `StoreUnavailable`, `MasterKeyFault`, each with a sentence for the operator.
    package static func build(
        settings: EffectiveSettings, mayMigrate: Bool, serves: Bool = true, clock given: Clock? = nil,
        later: [Migration] = [], logger: Logger,
        environment: [String: String] = ProcessInfo.processInfo.environment, readinessPatience: Duration = .seconds(2)
    ) async throws -> Compose {
        let core = settings.core
        let (masterKeyRing, masterKeyFile) = try masterKey(
            settings, environment, mayCreate: { try settings.isUntouched() })

        let time = StoreTime(settings, given)
        let clock = time.clock
        let keyRing = KeyRing()
        let feed = RevocationFeed(settings: core, clock: clock)
        let eventFeed = EventFeed(settings: core, clock: clock)
        let opened = try OpenedStore.open(
            settings, mayMigrate: mayMigrate, time: time, later: later,
            observer: Feeds(revocations: feed, events: eventFeed), logger: logger)
        let store = opened.store
        let processors = ProcessorCount.available
        let precedence = Precedence(processors: processors)
        let pool: HashPool
        do {
            pool = try HashPool(
                threads: core.login.hashThreads ?? processors, niceness: core.login.hashNiceness,
                maxQueueWait: core.login.maxQueueWait, reference: core.password.argon2,
                hashing: { $0 ? precedence.hashBegins() : precedence.hashEnds() })
        } catch {
            await store.shutdown()
            throw error
        }
        do {
            let services = try Services(
                settings: core, clock: clock, store: store, feed: feed, eventFeed: eventFeed, keyRing: keyRing,
                masterKeyRing: masterKeyRing, masterKeyFile: masterKeyFile, hashPool: pool,
                deflate: { Zlib.compress($0) }, logger: logger)
            try await services.start(epoch: Base64URL.string(RandomBytes.make(16)), serves: serves)
            try await services.finishSettlement()
            let dataDirectory = settings.dataDirectory.path
            let certificate = ServedCertificate()
            let pages = PageServices(
                services: services,
                renderer: try PageRenderer(
                    branding: serves ? settings.pages.branding() : Branding(name: settings.pages.name)),
                language: settings.pages.language)
            let http = HTTPAssembly(
                services: services,
                settings: HTTPSettings(
                    trustedProxies: settings.trustedProxies, separateAdmin: !settings.adminListen.isEmpty,
                    freeBytes: { FreeSpace.bytes(at: dataDirectory) },
                    isStoreLost: opened.isLost, certificate: certificate,
                    droppedLogLines: { LineSink.standardError.dropped }, readinessPatience: readinessPatience,
                    pages: PageRoutes.routes(pages), showError: PageRoutes.showError(pages)))
            return Compose(
                settings: settings, opened: opened, services: services, http: http, precedence: precedence,
                certificate: certificate, logger: logger)
        } catch {
            await pool.shutdown()
            await store.shutdown()
            throw error
        }
    }

    /// Ends the threads and closes the database. Nothing may be in flight.
    package func shutdown() async {
        services.feed.drain()
        services.eventFeed.drain()
        await services.hashPool.shutdown()
        services.audit.showCounted(at: nil)
        precedence.withdraw()
        await store.shutdown()
    }

    /// The ring from the environment or the key file; a new one is created only together with a new database.
    static func masterKey(
        _ settings: EffectiveSettings, _ environment: [String: String], mayCreate: () throws -> Bool
    ) throws -> (MasterKeyRing, MasterKeyFile?) {
        if let text = environment[ConfigurationKey.masterKeyVariable], !text.isEmpty {
            return (try MasterKeyRing(text: text), nil)
        }
        let file = MasterKeyFile(path: settings.masterKeyFile)
        if !file.exists, try mayCreate() { try file.write(.generate()) }
        return (try file.read(), file)
    }
}

extension Compose {
    /// The same routes inside this process, for a command that found no running server. The caller holds the lock.
    static func inProcess(settings: EffectiveSettings) async throws -> InProcessClient {
        var logger = Logger(label: "latchkey")
        logger.logLevel = .error
        let isNew = try settings.isUntouched()
        let program = try await build(settings: settings, mayMigrate: false, serves: false, logger: logger)
        if isNew, case .sqlite = settings.database {
            Terminal.note(
                "Created a new, empty database in \(settings.dataDirectory.path): is that the directory you mean?")
        }
        return InProcessClient(program: program)
    }
}
