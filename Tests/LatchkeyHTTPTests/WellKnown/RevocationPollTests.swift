import LatchkeyCore
import LatchkeyHTTP
import Testing

struct RevocationPollTests {
    private func poll(_ query: String) throws(Refusal) -> RevocationPoll {
        try RevocationPoll(RequestParameters(query.utf8, repeatable: []))
    }

    @Test(arguments: [
        "after=-1", "after=1.5", "after=x", "after=0x10", "after=%2B1", "after=99999999999999999999", "after=1&after=2",
        "wait=-1", "wait=soon", "wait=1e3", "consumer=a%20b", "consumer=%C3%A4", "consumer=a%0Ab",
        "consumer=" + String(repeating: "c", count: 65),
    ])
    func `a malformed number and a name that cannot be shown are refused`(query: String) {
        let error = #expect(throws: Refusal.self) { try poll(query) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func `without parameters a poll asks for the snapshot, at once and without a name`() throws {
        let poll = try poll("")
        #expect(poll.query == RevocationQuery())
        #expect(poll.wait == nil)
        #expect(poll.consumer == nil)
    }

    @Test func `an epoch of any form is passed on, an endless one is merely unknown`() throws {
        #expect(try poll("after=7&epoch=x").query == RevocationQuery(after: 7, epoch: "x"))
        #expect(try poll("after=7&epoch=" + String(repeating: "e", count: 4000)).epoch == "")
        #expect(try poll("consumer=" + String(repeating: "c", count: 64)).consumer?.count == 64)
    }
}
