import LatchkeyTokens
import Testing

struct TimestampTests {
    @Test(arguments: [(0, 0), (999, 0), (1000, 1), (-1, -1), (-1000, -1), (-1001, -2)] as [(Int64, Int64)])
    func `seconds round down, before 1970 too`(milliseconds: Int64, seconds: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).seconds == seconds)
    }

    @Test func `arithmetic saturates instead of trapping`() {
        let (first, last) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
        #expect(Timestamp(seconds: .max) == last)
        #expect(Timestamp(seconds: .min) == first)
        #expect(last + .seconds(1) == last)
        #expect(first - .seconds(1) == first)
        #expect(last - .seconds(-1) == last)
        #expect(Timestamp(milliseconds: 0) + .seconds(Int64.max) == last)
        #expect(Timestamp(milliseconds: 0) - .seconds(Int64.max) == Timestamp(milliseconds: -.max))
        #expect(last - first == .milliseconds(Int64.max))
        #expect(first - last == .milliseconds(Int64.min))
    }

    @Test func `durations keep their milliseconds`() {
        let start = Timestamp(seconds: 1)
        #expect((start + .milliseconds(1500)).milliseconds == 2500)
        #expect((start - .milliseconds(1500)).milliseconds == -500)
        #expect((start + .microseconds(1999)).milliseconds == 1001)
        #expect(start + .seconds(2) - start == .seconds(2))
        #expect(start < start + .milliseconds(1))
    }

    @Test func `the wall clock is after this code was written`() {
        #expect(Timestamp.wallClock > Timestamp(seconds: 1_750_000_000))
    }
}
