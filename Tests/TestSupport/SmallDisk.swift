import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A small file system of its own, which other files than those of the program may fill. Goes with the test.
package final class SmallDisk: Sendable {
    /// Mounting needs rights that containers often do not have.
    package static let isPossible: Bool = {
        guard geteuid() == 0, let folder = try? TemporaryFolder() else { return false }
        return (try? SmallDisk(at: folder.path, megabytes: 1)) != nil
    }()

    /// Where everything is to be tested with PostgreSQL, a right that is missing is a failure.
    package static var isRequired: Bool {
        geteuid() == 0 && ProcessInfo.processInfo.environment["LATCHKEY_REQUIRE_POSTGRES"] == "1"
    }

    package static let whatItNeeds = "a full disk needs the right to mount a file system"

    private let path: String
    private var ballast: String { path + "/ballast" }

    /// - Parameter path: an empty folder.
    package init(at path: String, megabytes: Int) throws {
        self.path = path
        let command = ["mount", "-t", "tmpfs", "-o", "mode=0700,size=\(megabytes)m", "tmpfs", path]
        guard try ChildProcess(command).wait() == 0 else {
            throw ChildProcess.Failure(description: "no file system could be mounted: \(Self.whatItNeeds)")
        }
    }

    deinit { _ = try? ChildProcess(["umount", "-l", path]).wait() }

    /// Leaves not a byte.
    package func fill() throws {
        // It writes until that fails.
        let code = try ChildProcess(["dd", "if=/dev/zero", "of=\(ballast)", "bs=4096"]).wait()
        guard code == 1 else { throw ChildProcess.Failure(description: "the disk did not fill up: dd said \(code)") }
    }

    /// Gives back what was taken.
    package func free() throws { try FileManager.default.removeItem(atPath: ballast) }
}
