import Foundation

/// A wall clock that is wrong, in a process of its own. Its steady clock is right.
package enum WrongClock {
    /// Where Debian puts the library that shifts the clock, whatever the architecture.
    private static var library: String? {
        let root = "/usr/lib"
        return ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [])
            .map { "\(root)/\($0)/faketime/libfaketimeMT.so.1" }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    package static var isPossible: Bool { library != nil }

    package static let whereFrom = "libfaketime is not installed; on Debian: apt-get install faketime"

    /// What starts the process. The library adds to the environment of the program that loads it first, and a Swift
    /// program whose environment was moved does not find its arguments.
    package static let wrapper = ["env"]

    /// What a process must be started with.
    /// - Parameter seconds: how far it is ahead.
    package static func environment(ahead seconds: Int) throws -> [String: String] {
        guard let library else { throw ChildProcess.Failure(description: whereFrom) }
        return [
            "LD_PRELOAD": library, "FAKETIME": seconds < 0 ? "\(seconds)" : "+\(seconds)",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
        ]
    }
}
