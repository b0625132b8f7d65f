import LatchkeyPages
import Testing

struct PagePathTests {
    @Test func `The style sheet has an absolute path`() {
        #expect(PagePath.styleSheet.utf8.first == UInt8(ascii: "/"))
    }
}
