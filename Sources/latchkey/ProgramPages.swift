import Foundation
import Glibc

/// The pages of the program's own file that this process has mapped.
enum ProgramPages {
    /// Gives them back after the start, which runs once through most of the program: arguments, configuration, the
    /// description of the API, look-ups of conformances. What serving needs of them comes back from the page cache, in a
    /// microsecond for sixteen pages; the rest stays away.
    static func release() {
        guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
            let smaps = try? String(contentsOfFile: "/proc/self/smaps", encoding: .utf8)
        else { return }
        for range in unchangedRanges(of: program, smaps: smaps) {
            guard let start = unsafe UnsafeMutableRawPointer(bitPattern: range.lowerBound) else { continue }
            // The program stays where it is for as long as the process lives, and nobody can write to these pages: what
            // is read there next comes from the file again and is the same.
            unsafe madvise(start, range.count, MADV_DONTNEED)
        }
    }

    /// Addresses that map the file `path`, cannot be written, and have no page that differs from the file: as one has
    /// where the loader resolved addresses before it took the right to write away, or where a debugger wants to stop.
    static func unchangedRanges(of path: String, smaps: String) -> [Range<UInt>] {
        var ranges: [Range<UInt>] = []
        var candidate: Range<UInt>?
        for line in smaps.split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields[0].last != ":" {
                candidate = line.hasSuffix(" " + path) ? readOnlyRange(fields) : nil
            } else if fields[0] == "Anonymous:", fields[1] != "0" {
                candidate = nil
            } else if fields[0] == "Swap:", fields[1] == "0", let range = candidate {
                // Only now: a changed page may lie in swap, where it is no longer anonymous memory.
                ranges.append(range)
            }
        }
        return ranges
    }

    /// Of a line such as `7f1a00-7f1b00 r-xp 00026000 fe:00 332717 /usr/bin/latchkey`.
    private static func readOnlyRange(_ fields: [Substring]) -> Range<UInt>? {
        let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        guard fields[1].hasPrefix("r-"), ends.count == 2, ends[0] < ends[1] else { return nil }
        return ends[0]..<ends[1]
    }
}
