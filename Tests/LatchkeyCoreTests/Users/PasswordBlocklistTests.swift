import Testing

@testable import LatchkeyCore

struct PasswordBlocklistTests {
    private static let entries = PasswordBlocklist.commonEntries.split { $0 == " " || $0 == "\n" }.map(String.init)

    @Test func `every entry of the list is found`() {
        // The search relies on the order, so an entry out of place would be missed here.
        #expect(Self.entries.count > 10_000)
        for entry in Self.entries where !PasswordBlocklist.common.contains(entry) {
            Issue.record("\(entry) is not found")
        }
    }

    @Test func `the list is sorted, lower case, ASCII, without duplicates and without what is too short to pass`() {
        for (entry, next) in zip(Self.entries, Self.entries.dropFirst()) {
            #expect(entry.utf8.lexicographicallyPrecedes(next.utf8))
        }
        for entry in Self.entries {
            #expect(entry.utf8.allSatisfy { (0x21...0x7e).contains($0) } && entry == entry.lowercased())
            #expect((8...64).contains(entry.utf8.count))
        }
    }

    @Test func `at least a thousand entries are long enough for a minimum of 15`() {
        #expect(Self.entries.count { $0.utf8.count >= 15 } >= 1_000)
    }

    @Test(arguments: [
        "password1234567", "Password1234567", "PASSWORD 1234567", "pass word 1234567", "correct horse battery staple",
        "qwertyuiopasdfgh", "123456789012345", "aaaaaaaaaaaaaaa", "iloveyouiloveyou", "  password1  ",
    ])
    func `case and spaces do not hide an entry`(_ password: String) {
        #expect(PasswordBlocklist.common.contains(password))
    }

    @Test(arguments: [
        "", " ", "a", "zzzz", "password1234567 and more of it", "not password1234567", "passwor", "password\u{0}",
        "password1\npassword2", "!", "~~~~~~~~~~~~~~~~", "pässword1234567", "пароль123456789",
        "seven wet otters juggle lamps",
    ])
    func `what only contains or resembles an entry is not found`(_ password: String) {
        #expect(!PasswordBlocklist.common.contains(password))
    }

    @Test func `neighbours of every entry are not found unless listed`() {
        let listed = Set(Self.entries)
        for entry in Self.entries {
            for variant in [entry + "~", "~" + entry, entry + "\u{1}", String(entry.dropLast())]
            where !listed.contains(variant) && PasswordBlocklist.common.contains(variant) {
                Issue.record("\(variant) is found")
            }
        }
    }

    @Test func `a kilobyte is turned down without a search`() {
        #expect(!PasswordBlocklist.common.contains(String(repeating: "a", count: 1_024)))
        #expect(!PasswordBlocklist.common.contains(String(repeating: " ", count: 300) + "password1"))
    }

    @Test func `lists of none, one and two entries are searched to both ends`() {
        #expect(!PasswordBlocklist(sortedEntries: "").contains("b"))
        #expect(PasswordBlocklist(sortedEntries: "b").contains("b"))
        #expect(!PasswordBlocklist(sortedEntries: "b").contains("a"))
        #expect(!PasswordBlocklist(sortedEntries: "b").contains("c"))
        let two = PasswordBlocklist(sortedEntries: "b\nbb")
        #expect(two.contains("b") && two.contains("bb"))
        #expect(!two.contains("a") && !two.contains("ba") && !two.contains("bbb") && !two.contains("c"))
    }
}
