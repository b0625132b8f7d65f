import Foundation

/// A fresh folder that goes with the test. Its path is short, because a Unix socket's path must be.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        path = "/tmp/lk-" + UUID().uuidString.prefix(13)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    package func file(_ name: String) -> String { path + "/" + name }
}
