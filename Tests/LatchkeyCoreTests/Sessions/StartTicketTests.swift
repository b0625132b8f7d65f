import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct StartTicketTests {
    private let keys = MasterKeyRing.generate()
    private let now = Timestamp(seconds: 1_795_420_800)

    private func ticket(_ path: String = "/reports?year=2026&x=%2F") throws -> StartTicket {
        StartTicket(
            client: try #require(ClientID("web")), redirectURI: "https://app.example.org/latchkey/callback",
            returnTo: try #require(LocalPath(path)), now: now)
    }

    @Test func `a ticket reads back as it was sealed, for ten minutes`() throws {
        let ticket = try ticket()
        let sealed = try ticket.sealed(keys: keys)
        #expect(StartTicket(sealed, keys: keys, now: now) == ticket)
        #expect(StartTicket(sealed, keys: keys, now: now + .seconds(599)) == ticket)
        #expect(StartTicket(sealed, keys: keys, now: now + .seconds(600)) == nil)
        #expect(ticket.hasState(ticket.state))
        #expect(try !ticket.hasState(self.ticket().state))
        #expect(!ticket.hasState(""))
    }

    @Test func `every single changed character is refused, and another master key`() throws {
        let sealed = Array(try ticket().sealed(keys: keys))
        for index in sealed.indices {
            var changed = sealed
            changed[index] = changed[index] == "A" ? "B" : "A"
            #expect(StartTicket(String(changed), keys: keys, now: now) == nil, "position \(index)")
        }
        #expect(StartTicket(String(sealed), keys: .generate(), now: now) == nil)
        #expect(StartTicket("", keys: keys, now: now) == nil)
        // A mark behind the prefix is one grapheme with it, and no second spelling.
        let marked = "lkt_\u{301}" + String(sealed.dropFirst(4))
        #expect(StartTicket(marked, keys: keys, now: now) == nil)
        #expect(StartTicket("lkt_AAAA", keys: keys, now: now) == nil)
    }

    @Test func `the longest ticket fits into a cookie`() throws {
        let client = try #require(ClientID(String(repeating: "c", count: 64)))
        let ticket = StartTicket(
            client: client, redirectURI: "https://" + String(repeating: "h", count: 504),
            returnTo: try #require(LocalPath("/" + String(repeating: "x", count: 2047))), now: now)
        let sealed = try ticket.sealed(keys: keys)
        #expect(sealed.utf8.count < 4000)
        #expect(StartTicket(sealed, keys: keys, now: now) == ticket)
    }

    @Test(arguments: [
        "", "reports", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/a\\b",
        "https://evil.example/", "/\t/evil.example", "/a\r\nSet-Cookie: x=y", "/a b", "/é", "/\u{0}", " /",
        "/" + String(repeating: "x", count: 2048),
    ])
    func `what a browser could take for another host is no local path`(text: String) {
        #expect(LocalPath(text) == nil)
    }

    @Test(arguments: ["/", "/a//b", "/a?next=//evil.example", "/%2F%2Fevil.example", "/a#top", "/@evil.example"])
    func `what stays on this host is one`(text: String) {
        #expect(LocalPath(text)?.description == text)
    }
}
