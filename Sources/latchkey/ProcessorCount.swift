import Foundation
import NIOCore

/// The processors that this process may use.
enum ProcessorCount {
    /// The number of processors that it may run on, or its container's CPU quota rounded up. With a thread for each
    /// processor of a large machine, hashes would take the memory of all of them and the time of a few.
    static var available: Int { min(ProcessInfo.processInfo.activeProcessorCount, System.coreCount) }
}
