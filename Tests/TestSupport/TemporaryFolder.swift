import Foundation
import Synchronization

/// A fresh folder that goes with the test. Its path is short, because a Unix socket's path must be.
package final class TemporaryFolder: Sendable {
    package let path: String
    private let endings = Mutex<[@Sendable () -> Void]>([])

    package init() throws {
        path = "/tmp/lk-" + UUID().uuidString.prefix(13)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Has something else go with the folder.
    func whenGone(_ action: @escaping @Sendable () -> Void) { endings.withLock { $0.append(action) } }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
        for action in endings.withLock(\.self) { action() }
    }

    package func file(_ name: String) -> String { path + "/" + name }
}
