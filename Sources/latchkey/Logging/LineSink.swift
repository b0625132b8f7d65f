import Dispatch
import Foundation
import Glibc
import Synchronization
import Waiting

/// Lines for standard output or standard error of a server: a bounded queue and a thread that writes.
///
/// Logging must neither fail nor block its caller: an event loop that wrote to a pipe itself would stop when the reader
/// does. Non-blocking writes are no alternative, because the flag belongs to the open file and not to the descriptor:
/// the shell, or another process that shares the terminal or the pipe, would find it changed.
///
/// A line that cannot be written (the disk is full, the reader has left) or that finds the queue full is dropped and
/// counted, and a later line says how many once one can be written again. Errors here are never logged through a
/// `Logger`, because that would come back here.
package final class LineSink: Sendable {
    private struct State {
        var lines: [[UInt8]] = []
        var bytes = 0
        /// Since the start, and the number of them that no line has reported yet.
        var dropped: Int64 = 0
        var untold: Int64 = 0
        var hasThread = false
        /// The thread has lines that are neither written nor dropped.
        var isWriting = false
    }

    /// The log line that reports the number of dropped lines.
    package typealias Notice = @Sendable (_ dropped: Int64) -> String

    /// Bytes that may wait. Beyond that, lines are dropped.
    static let capacity = 1 << 20
    /// How long the end of the process waits for a reader.
    static let patience: Duration = .seconds(1)

    private let descriptor: CInt
    private let state = Mutex(State())
    private let notice = Mutex<Notice>({ "\($0) lines before this one could not be written.\n" })
    private let awaken = DispatchSemaphore(value: 0)

    init(_ descriptor: CInt) { self.descriptor = descriptor }

    /// The log of a server, and its hints for people.
    package static let standardError = LineSink(STDERR_FILENO)
    static let standardOutput = LineSink(STDOUT_FILENO)

    /// Lines that were dropped since the start.
    package var dropped: Int64 { state.withLock { $0.dropped } }

    /// Sets the line that reports dropped lines from now on.
    func tell(_ notice: @escaping Notice) { self.notice.withLock { $0 = notice } }

    /// Takes a line with its line ending. Returns at once.
    package func write(_ line: String) {
        let bytes = Array(line.utf8)
        let wakes = state.withLock { state -> Bool in
            guard state.bytes + bytes.count <= Self.capacity else {
                state.dropped += 1
                state.untold += 1
                return false
            }
            state.lines.append(bytes)
            state.bytes += bytes.count
            if !state.hasThread {
                state.hasThread = true
                OwnThread.start("log-write") { [self] in writeLines() }
            }
            return state.lines.count == 1
        }
        if wakes { awaken.signal() }
    }

    /// Waits until everything is written or dropped, at most for ``patience``.
    func flush() {
        let deadline = ContinuousClock.now + Self.patience
        while state.withLock({ $0.isWriting || !$0.lines.isEmpty }), .now < deadline { usleep(500) }
    }

    /// From now on the end of the process, by `exit` and by `quick_exit`, waits for both sinks.
    static func flushAtExit() {
        // Neither can fail with so few handlers.
        _ = atexit { LineSink.flushAll() }
        _ = at_quick_exit { LineSink.flushAll() }
    }

    private static func flushAll() {
        standardOutput.flush()
        standardError.flush()
    }

    // MARK: The thread

    private func writeLines() {
        /// Whether the last line was cut off, so that the next one must begin on a new line.
        var isCut = false
        while true {
            awaken.wait()
            let lines = state.withLock { state in
                state.isWriting = true
                defer { state.lines = [] }
                return state.lines
            }
            for line in lines {
                let isTold = tellDropped(&isCut)
                let isWritten = isTold && put(line, &isCut)
                state.withLock { state in
                    state.bytes -= line.count
                    guard !isWritten else { return }
                    state.dropped += 1
                    state.untold += 1
                }
            }
            _ = tellDropped(&isCut)
            state.withLock { $0.isWriting = false }
        }
    }

    /// - Returns: false when not even that could be written.
    private func tellDropped(_ isCut: inout Bool) -> Bool {
        let count = state.withLock { $0.untold }
        guard count > 0 else { return true }
        guard put(Array(notice.withLock { $0 }(count).utf8), &isCut) else { return false }
        state.withLock { $0.untold -= count }
        return true
    }

    private func put(_ line: [UInt8], _ isCut: inout Bool) -> Bool {
        let outcome = DescriptorOutput.write(isCut ? [UInt8(ascii: "\n")] + line : line, to: descriptor)
        guard outcome.error != nil else {
            isCut = false
            return true
        }
        // If only the line ending is missing, nothing is left over.
        if outcome.written > 0 { isCut = !(isCut && outcome.written == 1) }
        return false
    }
}
