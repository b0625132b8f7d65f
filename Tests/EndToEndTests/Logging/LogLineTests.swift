import Foundation
import LatchkeyTokens
import Logging
import Synchronization
import Testing

@testable import latchkey

/// What a line of the log looks like, whatever is put into it.
struct LogLineTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private func line(
        _ format: EffectiveSettings.LogFormat, _ message: Logger.Message, _ metadata: Logger.Metadata = [:]
    ) throws -> String {
        let lines = Lines()
        let logger = Logger(label: "test") { label in
            LineLogHandler(label: label, level: .debug, format: format) { line in lines.all.withLock { $0.append(line) }
            }
        }
        logger.info(message, metadata: metadata)
        let all = lines.all.withLock { $0 }
        #expect(all.count == 1)
        return try #require(all.first)
    }

    @Test(
        arguments: [EffectiveSettings.LogFormat.text, .json],
        ["a", "\u{1}", "\"", "é", "\u{85}", "👩‍👩‍👧", "\r\n", "\u{301}"])
    func `a line has a bounded length and is one line, whatever it is about`(
        format: EffectiveSettings.LogFormat, piece: String
    ) throws {
        let long = String(repeating: piece, count: 100_000)
        var metadata: Logger.Metadata = ["lk.long": "\(long)", "lk.longer": "\(long)"]
        for number in 0..<2000 { metadata["lk.\(number)"] = "\(piece)" }
        metadata[long] = "x"
        let line = try line(format, "\(long)", metadata)
        #expect(line.utf8.count < 8700)
        #expect(line.utf8.last == UInt8(ascii: "\n") && !line.utf8.dropLast().contains(UInt8(ascii: "\n")))
        #expect(line.utf8.dropLast().allSatisfy { $0 >= 0x20 })
        #expect(line.contains("…"), "a cut is marked")
        if format == .json { _ = try StrictJSON.parseObject(Array(line.utf8.dropLast())) }
    }

    @Test func `what fits stays as it is`() throws {
        let line = try line(.json, "Login failed", ["lk.network": "192.0.2.7", "lk.count": "3"])
        let object = try StrictJSON.parseObject(Array(line.utf8.dropLast()))
        #expect(object["message"]?.string == "Login failed" && object["lk.network"]?.string == "192.0.2.7")
        #expect(object["level"]?.string == "info" && object["lk.count"]?.string == "3")
        let time = try #require(object["time"]?.string)
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "RFC 3339 with a zone")
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_007, "2000-02-29T00:00:00.007Z"),
        (1_709_251_199_999, "2024-02-29T23:59:59.999Z"), (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ])
    func `times are RFC 3339 in UTC`(milliseconds: Int64, text: String) {
        #expect(LogTime.text(Timestamp(milliseconds: milliseconds)) == text)
    }
}
