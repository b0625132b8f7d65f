import Foundation

/// The report goes to standard output, what is going on to standard error.
enum Console {
    static func line(_ text: String = "") {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    static func note(_ text: String) {
        FileHandle.standardError.write(Data(("==> " + text + "\n").utf8))
    }
}
