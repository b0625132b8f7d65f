import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct ProofTests {
    @Test func `proofs read back as they were written`() {
        let first = Proof(.password, at: Timestamp(milliseconds: 1_795_420_800_123))
        let second = Proof(.password, at: Timestamp(milliseconds: 1_795_420_900_000))
        for proofs in [[], [first], [first, second]] { #expect([Proof](text: proofs.text) == proofs) }
        #expect([first].text == "pwd:1795420800123")
        #expect([first, second].authenticatedAt == second.at)
        #expect([first, second].methods == ["pwd", "pwd"])
        #expect([Proof]().authenticatedAt == nil)
    }

    @Test(arguments: [
        "pwd", "pwd:", ":1", "pwd:1:2", "PWD:1", "otp:1", "pwd:1 otp:2", "pwd:one", "pwd:1 x", "pwd:1,pwd:2",
        "pwd:9223372036854775808", "pwd:1.5", "pwd:\u{661}", "pwd\u{301}:1", "pwd:1\u{301}", "pwd: 1",
    ])
    func `a text with any part that is not understood is no proof at all`(text: String) {
        #expect([Proof](text: text) == nil)
    }
}
