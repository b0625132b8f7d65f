import Foundation
import Glibc

/// What the command line says and asks. Results go to standard output; prompts, progress, hints and errors go to
/// standard error, so that a pipe receives results alone.
enum Terminal {
    static var isInputInteractive: Bool { isatty(STDIN_FILENO) == 1 }
    static var isOutputInteractive: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isErrorInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    /// How many columns a line of a result may have: `COLUMNS` where that is set, else those of the terminal. `nil` for a
    /// pipe or a file, whose reader wants one line a row.
    static var width: Int? {
        if let text = ProcessInfo.processInfo.environment["COLUMNS"], let columns = Int(text) {
            return (20...10_000).contains(columns) ? columns : nil
        }
        guard isOutputInteractive else { return nil }
        var size = winsize()
        // `size` is ours for the call.
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 else { return 80 }
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

    /// What to do next: the last line of every command.
    static func next(_ text: String) {
        note("Next: \(text)")
    }

    /// Text without a line end, on standard error: prompts and progress.
    static func prompt(_ text: String) {
        write(text, to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: CInt) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            // `rest` lives for the call; the kernel only reads.
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                usleep(1000)
            } else if errno != EINTR {
                // The reader is gone (`latchkey user list | head`): nobody is left to tell.
                Glibc._exit(descriptor == STDOUT_FILENO ? 1 : 0)
            }
        }
    }

    /// Asks a question on the terminal. Without a terminal the command needs `--yes`.
    /// - Throws: ``CommandFailure`` when the answer is no or nobody can be asked.
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

/// How far a long piece of work is: a bar that redraws itself on a terminal, a plain line every tenth elsewhere.
struct ProgressBar {
    private let total: Int
    private let isInteractive: Bool
    private var percent = -1

    /// - Parameter total: what `done` reaches in the end; 0 when it is not known, and then nothing is shown.
    init(total: Int, isInteractive: Bool = Terminal.isErrorInteractive) {
        self.total = total
        self.isInteractive = isInteractive
    }

    /// Shows that `done` of the total are behind us. Quiet while the percentage stays the same.
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
