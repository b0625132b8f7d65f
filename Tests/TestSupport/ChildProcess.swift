import Foundation
import Glibc
import Synchronization
import TestConditions
import Testing

/// A child process by `posix_spawn` and `waitpid`. Foundation's `Process` shares state between all children of a
/// program and has crashed in test runs with many servers at a time.
package final class ChildProcess: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        package init(description: String) { self.description = description }
    }

    package let processID: Int32
    /// Set once it was waited for: afterwards the process id belongs to nobody.
    private let status = Mutex<Int32?>(nil)

    /// Starts a program found on the PATH.
    /// - Parameters:
    ///   - arguments: the program first.
    ///   - environment: added to this process's own.
    ///   - input, output, error: files; the last two are created or appended to.
    package init(
        _ arguments: [String], environment: [String: String] = [:], input: String = "/dev/null",
        output: String = "/dev/null", error: String = "/dev/null"
    ) throws {
        // Everything that is passed lives until its call has returned; the system keeps copies.
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, error, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // A child that keeps a server's listening socket would keep its port open when the server is gone.
        // Closing what is closed by then is no error.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
            if let descriptor = Int32(name), descriptor > 2 {
                unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
            }
        }

        let variables = ProcessInfo.processInfo.environment.merging(environment) { _, given in given }
        var argv = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var envp = unsafe variables.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (argv + envp).forEach { unsafe free($0) } }
        var child: pid_t = 0
        let code = unsafe posix_spawnp(&child, arguments[0], &actions, nil, &argv, &envp)
        guard code == 0 else { throw Failure(description: "cannot start \(arguments[0]): error \(code)") }
        processID = child
    }

    package var isRunning: Bool { poll() == nil }

    package func signal(_ number: Int32) {
        status.withLock { if $0 == nil { kill(processID, number) } }
    }

    /// Waits on this thread: for a child that was told to end. One that does not within minutes is killed.
    /// - Returns: the exit status, or 128 and the signal's number.
    @discardableResult
    package func wait() -> Int32 {
        let deadline = ContinuousClock.now + .seconds(600)
        while true {
            if let status = poll() { return status }
            if ContinuousClock.now > deadline { signal(SIGKILL) }
            usleep(2000)
        }
    }

    /// Waits without holding a thread. A child that hangs is killed after minutes.
    package func exit() async throws -> Int32 {
        do {
            try await eventually("the child ends") { !isRunning }
        } catch {
            signal(SIGKILL)
            throw error
        }
        return wait()
    }

    private func poll() -> Int32? {
        status.withLock { known in
            if let known { return known }
            var raw: Int32 = 0
            // `raw` is a local that waitpid fills.
            guard unsafe waitpid(processID, &raw, WNOHANG) == processID else { return nil }
            let signal = raw & 0x7f
            known = signal == 0 ? (raw >> 8) & 0xff : 128 + signal
            return known
        }
    }
}
