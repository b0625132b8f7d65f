import Foundation

/// valgrind's callgrind, which counts the instructions of a program one by one: the same on every machine, undisturbed
/// by other programs. The kernel's work for the program is not included.
enum Callgrind {
    /// The words before a program's own arguments that run it under callgrind.
    /// - Parameter output: where its profiles go; each has a number behind this name.
    static func command(output: String) throws -> [String] {
        guard let program = ChildProcess.find("valgrind") else {
            throw BenchFailure("valgrind is not installed; Scripts/bench installs it.")
        }
        // Names in full make the profile a text that is read line by line.
        return [
            program, "--tool=callgrind", "--callgrind-out-file=\(output)", "--compress-strings=no",
            "--compress-pos=no",
        ]
    }

    /// Counts the work of a running program meanwhile.
    /// - Parameters:
    ///   - processID: of the program, which was started by ``command(output:)``.
    ///   - name: of the profile, unique for this program.
    static func count(_ processID: Int32, _ output: String, _ name: String, of body: () throws -> Void) throws
        -> Profile
    {
        try tell(processID, ["zero"])
        try body()
        try tell(processID, ["dump", name])
        let folder = (output as NSString).deletingLastPathComponent
        let prefix = (output as NSString).lastPathComponent + "."
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasPrefix(prefix) {
            let profile = try Profile(file: folder + "/" + file)
            if profile.name == name { return profile }
        }
        throw BenchFailure("callgrind wrote no profile \(name).")
    }

    private static func tell(_ processID: Int32, _ words: [String]) throws {
        guard let program = ChildProcess.find("vgdb") else {
            throw BenchFailure("vgdb, a part of valgrind, is not installed.")
        }
        let log = FileManager.default.temporaryDirectory.path + "/latchkey-bench-vgdb.log"
        let code = try ChildProcess(program, ["--pid=\(processID)"] + words, log: log).wait()
        guard code == 0 else { throw BenchFailure("vgdb \(words.joined(separator: " ")) failed: exit code \(code).") }
    }
}
