import Foundation
import Glibc
import Synchronization

/// The output and questions of the command line. Results go to standard output; prompts, progress, hints and errors go
/// to standard error, so that a pipe receives only results.
enum Terminal {
    static var isInputInteractive: Bool { isatty(STDIN_FILENO) == 1 }
    static var isErrorInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    /// How many columns a line of a result may have: `COLUMNS` if it is set, otherwise those of the terminal. `nil` for
    /// a pipe or a file, whose reader wants one line per row.
    static var width: Int? { width(of: STDOUT_FILENO) }

    /// The same for what goes to a descriptor.
    static func width(of descriptor: CInt) -> Int? {
        if let text = ProcessInfo.processInfo.environment["COLUMNS"], let columns = Int(text) {
            return (20...10_000).contains(columns) ? columns : nil
        }
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        // `size` is ours for the call.
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 else { return 80 }
        return Int(size.ws_col)
    }

    /// One line of a result.
    static func line(_ text: String = "") {
        write(text + "\n", to: STDOUT_FILENO)
    }

    /// A hint, a warning or an error: one line on standard error.
    static func note(_ text: String) {
        write(text + "\n", to: STDERR_FILENO)
    }

    /// The next step: the last line of every command.
    static func next(_ text: String) {
        note("Next: \(text)")
    }

    /// Text without a line end, on standard error: prompts and progress.
    static func prompt(_ text: String) {
        write(text, to: STDERR_FILENO)
    }

    /// From now on this process is a server, which neither waits for a reader nor ends because one has left.
    static func serve() {
        signal(SIGPIPE, SIG_IGN)
        // A limit on the size of files (`ulimit -f`) is an error of the write as well.
        signal(SIGXFSZ, SIG_IGN)
        LineSink.flushAtExit()
        isServing.store(true, ordering: .relaxed)
    }

    private static let isServing = Atomic(false)

    private static func write(_ text: String, to descriptor: CInt) {
        guard !isServing.load(ordering: .relaxed) else {
            return (descriptor == STDOUT_FILENO ? LineSink.standardOutput : .standardError).write(text)
        }
        let error = DescriptorOutput.write(Array(text.utf8), to: descriptor).error
        // A hint that cannot be written is no reason to leave work half done.
        guard let error, descriptor == STDOUT_FILENO else { return }
        if error == EPIPE {
            // The reader has enough (`latchkey user list | head`): the program ends like any tool. The socket library
            // has told the system to ignore the signal.
            signal(SIGPIPE, SIG_DFL)
            raise(SIGPIPE)
            // That library has just done so again, on another thread. A shell sees the same status.
            Glibc._exit(128 + SIGPIPE)
        }
        note("latchkey: standard output cannot be written: \(DataDirectory.reason(error)).")
        Glibc._exit(1)
    }

    /// Asks a question on the terminal. Without a terminal the command needs `--yes`.
    /// - Throws: ``CommandFailure`` when the answer is no or there is no terminal to ask on.
    static func confirm(_ question: String, yes: Bool) throws {
        if yes { return }
        guard isInputInteractive else {
            throw CommandFailure("\(question) Nothing was done: add --yes to confirm.")
        }
        prompt("\(question) Type yes to go on: ")
        guard let answer = readLine(), ["yes", "y"].contains(answer.lowercased()) else {
            throw CommandFailure("Nothing was done.")
        }
    }
}

/// The progress of a long piece of work: a bar that redraws itself on a terminal, otherwise a plain line every tenth.
struct ProgressBar {
    private let total: Int
    private let isInteractive: Bool
    private var percent = -1

    /// - Parameter total: the final value of `done`; 0 if unknown, and then nothing is shown.
    init(total: Int, isInteractive: Bool = Terminal.isErrorInteractive) {
        self.total = total
        self.isInteractive = isInteractive
    }

    /// Shows that `done` of the total are complete. Prints nothing while the percentage stays the same.
    mutating func show(_ done: Int, _ note: String) {
        guard total > 0 else { return }
        let now = min(100, done * 100 / total)
        guard now != percent else { return }
        defer { percent = now }
        if isInteractive {
            let filled = now * 30 / 100
            let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
            Terminal.prompt("\r[\(bar)] \(now) %  \(note)")
        } else if now / 10 > percent / 10, now >= 10 {
            Terminal.note("\(now) %  \(note)")
        }
    }

    /// The end of the work: a full bar and a line end.
    mutating func finish(_ note: String) {
        guard total > 0 else { return }
        percent = -1
        show(total, note)
        if isInteractive { Terminal.note("") }
    }
}
