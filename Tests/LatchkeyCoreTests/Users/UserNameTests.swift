import LatchkeyCore
import LatchkeyTokens
import Testing

struct UserNameTests {
    @Test(arguments: [
        "", "\u{200B}", " alice", "alice ", "\u{00A0}alice", "alice\u{3000}", "ali\tce", "ali\u{0}ce", "ali\nce",
        "ali\u{85}ce", "ali\u{2028}ce", "\u{202E}ecila", "ali\u{2066}ce",
        "0193a000-0000-7000-8000-000000000001", "0193A000-0000-7000-8000-00000000000A",
        "\u{FF10}193a000-0000-7000-8000-000000000001", "0193a000-0000-7000-8000-000000000001\u{200B}",
        "\u{B4}accent", String(repeating: "x", count: 129),
        // 128 code points that become 2,304 when they are made comparable.
        String(repeating: "\u{FDFA}", count: 128),
    ])
    func `a name that could be mistaken or not be seen is refused`(text: String) {
        #expect(throws: Refusal(.invalidRequest, "")) { try UserName(text) }
    }

    @Test func `refusals tell what to do and never quote the name`() throws {
        let refusal = #expect(throws: Refusal.self) { try UserName("zzyzx\u{7}") }
        #expect(try #require(refusal).detail.contains("zzyzx") == false)
        #expect(try #require(refusal).detail.contains("visible characters"))
    }

    @Test(arguments: [
        ("Straße", "STRASSE"), ("Ångström", "a\u{30A}ngstro\u{308}m"), ("ﬁnn", "FINN"), ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("K", "k"), ("alice", "ＡＬＩＣＥ"), ("al\u{200D}ice", "alice"), ("al\u{AD}ice", "alice"), ("ᾲ", "\u{1FBA}\u{345}"),
    ])
    func `names that look or sound the same are the same`(one: String, other: String) throws {
        #expect(try UserName(one).normalised == UserName(other).normalised)
    }

    @Test(arguments: [("alice", "alicé"), ("ı", "i"), ("alice", "alice2"), ("a b", "ab"), ("cafe", "café")])
    func `different names stay different`(one: String, other: String) throws {
        #expect(try UserName(one).normalised != UserName(other).normalised)
    }

    @Test(arguments: ["Straße", "İ", "ﬃ", "ǰ\u{323}", "ᾲ", "\u{1E9E}", "℃", "Ω", "ﾊﾟ", "\u{345}\u{3B1}"])
    func `the comparable form of a comparable form is itself`(text: String) {
        let once = UserName.comparisonForm(of: text)
        // By bytes: string equality would hide another composition.
        #expect(Array(UserName.comparisonForm(of: once).utf8) == Array(once.utf8))
    }

    @Test func `the written form is kept, composed`() throws {
        let name = try UserName("Jose\u{301} Li")
        #expect(Array(name.display.utf8) == Array("José Li".utf8))
        #expect(name.normalised == "josé li")
        #expect(try UserName(String(repeating: "x", count: 128)).display.count == 128)
    }

    @Test func `a reference is an id when it has the form of one, whatever its case`() throws {
        guard case .id(let id) = UserReference("0193A000-0000-7000-8000-00000000000A") else {
            Issue.record("read as a name")
            return
        }
        #expect(id.description == "0193a000-0000-7000-8000-00000000000a")
        #expect(UserReference("ALICE") == .name(normalised: "alice"))
    }
}
