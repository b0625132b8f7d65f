import Foundation
import LatchkeyCore
import LatchkeyTokens
import Logging
import StoreConformance
import Synchronization
import Waiting

@testable import LatchkeySQLite

/// A fresh folder for one database; it goes with the test.
final class DatabasePlace: Sendable {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "lk-sqlite-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var path: String { folder + "/latchkey.sqlite" }
    var settings: SQLiteStore.Settings { SQLiteStore.Settings(dataDirectory: folder) }

    func open(
        _ settings: SQLiteStore.Settings? = nil, clock: Clock = .wall, observer: any StoreObserver = RecordingObserver()
    ) throws -> SQLiteStore {
        try SQLiteStore.open(settings ?? self.settings, clock: clock, observer: observer, logger: .silent)
    }

    /// What `db check` would say.
    func problems() throws -> [String] { try DatabaseCheck.run(DatabaseFile(path: path)) }

    /// Changes a database that no store has open.
    func edit(_ change: (Database) throws -> Void) throws {
        let database = try Database(path: path, access: .create)
        try change(database)
        try database.close()
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// Holds the writer thread inside a transaction until it is let go, so that what is submitted meanwhile forms one
/// batch.
final class WriterHold: Sendable {
    private let gate = DispatchSemaphore(value: 0)
    private let entered = Completion()

    func hold(_ store: SQLiteStore) async {
        store.writer.submit { _ in
            self.entered.finish()
            self.gate.wait()
        }
        await entered.wait()
    }

    func release() { gate.signal() }
}
