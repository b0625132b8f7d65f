import Foundation
import LatchkeyCore
import LatchkeyTokens
import Testing

@testable import latchkey

/// What people read: tables that fit, instants, counts.
struct TableTests {
    private let sid = "0199b0f2-0000-7000-8000-000000000000"

    private var table: TextTable {
        var table = TextTable("TIME", "EVENT", "BY", "USER", "CLIENT", "FROM", "SESSION", "DETAILS")
        table.add(
            "2026-11-28 14:02:07Z", "session.ended", "user:ada", "\u{1F511}\u{FF21}e\u{301}", "web", "192.0.2.1", sid,
            "reason=admin")
        return table
    }

    @Test(arguments: [60, 80, 100, 120, 200])
    func `no line is wider than the terminal, and nothing is cut`(width: Int) {
        let lines = table.lines(width: width)
        for line in lines { #expect(DisplayWidth.of(line) <= width, "\(line)") }
        let all = lines.joined(separator: " ")
        for cell in [sid, "reason=admin", "192.0.2.1", "SESSION"] { #expect(all.contains(cell)) }
        #expect(width >= 200 ? lines.count == 2 : lines.count > 2)
    }

    @Test func `what does not fit beside the rest goes on below it, and an empty rest leaves no line`() {
        var table = TextTable("KIND", "DETAILS")
        table.add("a", "one two three four five six")
        table.add("b", nil)
        #expect(
            table.lines(width: 20) == ["KIND", "    DETAILS", "a", "    one two three", "    four five six", "b"])
    }

    @Test func `without a terminal a row is one line`() {
        #expect(table.lines(width: nil).count == 2)
        #expect(TextTable("A").lines(width: 20) == ["A"])
    }

    @Test func `columns are counted as a terminal shows them`() {
        #expect(DisplayWidth.of("abc") == 3)
        #expect(DisplayWidth.of("\u{65}\u{301}") == 1)
        #expect(DisplayWidth.of("\u{6F22}\u{5B57}") == 4)
        #expect(DisplayWidth.of("\u{1F511}") == 2)
    }

    @Test func `an instant is a date, whatever number it is`() {
        #expect(Timestamp(seconds: 0).words == "1970-01-01 00:00:00Z")
        #expect(Timestamp(seconds: 1_795_874_527).words == "2026-11-28 14:02:07Z")
        #expect(Timestamp(seconds: 951_782_400).words == "2000-02-29 00:00:00Z")
        #expect(Timestamp(seconds: -1).words == "1969-12-31 23:59:59Z")
        for seconds in [Int64.min, .max, 1 << 53] { #expect(Timestamp(seconds: seconds).words.hasSuffix("Z")) }
    }

    @Test func `one thing is singular, and durations are in their largest unit`() {
        #expect(CountText.string(1, "user") == "1 user")
        #expect(CountText.string(0, "user") == "0 users")
        #expect(CountText.string(2, "entry", plural: "entries") == "2 entries")
        #expect(Duration.seconds(14 * 86400).words == "14 days")
        #expect(Duration.seconds(90).words == "90 seconds")
        #expect(Duration.seconds(3600).words == "1 hour")
        #expect(Duration.zero.words == "0 seconds")
    }

    @Test func `since takes durations and instants, and nothing that is neither`() throws {
        let now = Timestamp(seconds: 1_795_874_527)
        let seconds = { (text: String) in InstantArgument(argument: text)?.instant(now: now).seconds }
        #expect(seconds("2h") == now.seconds - 7200)
        for same in [
            "2026-11-28T14:02:07Z", "2026-11-28t14:02:07z", "2026-11-28 14:02:07Z", "2026-11-28T14:02:07.999Z",
            "2026-11-28T15:02:07+01:00", "2026-11-28T09:32:07-04:30",
        ] {
            #expect(seconds(same) == now.seconds, "\(same)")
        }
        for text in [
            "", "2", "h", "2026-11-28", "2026-11-28T14:02:07", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
            "2026-11-28T24:00:00Z", "2026-11-28T14:02:07.Z", "2026-11-28T14:02:07+1:00", "-2h",
            "2026-11-28T14:02:07Z ", "20\u{301}26-11-28T14:02:07Z", "\u{662}h",
        ] {
            #expect(seconds(text) == nil, "\(text)")
        }
    }

    @Test func `a quote with a combining mark cannot end a shell word`() {
        #expect(ShellText.quote("'\u{301}$(x)") == "''\\''\u{301}$(x)'")
        #expect(ShellText.quote("plain") == "plain")
    }
}
