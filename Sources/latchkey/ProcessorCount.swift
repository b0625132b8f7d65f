import Foundation
import NIOCore

/// The processors that this process may use.
enum ProcessorCount {
    /// Those that it may run on, or as many as the quota of its container comes to, rounded up: with a thread for each
    /// processor of a large machine, hashes would take the memory of all of them and time of a few.
    static var available: Int { min(ProcessInfo.processInfo.activeProcessorCount, System.coreCount) }
}
