import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import Testing

struct CSRFCheckTests {
    private static let own = "https://app.example.com"

    /// What a browser or an attacker may put into the two headers that decide.
    private static let origins: [[String]] = [
        [], [own], ["https://other.example.com"], ["null"], [""], [own + "/"], ["https://APP.example.com"],
        ["http://app.example.com"], ["https://app.example.com:443"], ["https://app.example.com.evil.test"],
        [own, own], [own, "https://other.example.com"],
    ]
    private static let sites: [[String]] = [
        [], ["same-origin"], ["same-site"], ["cross-site"], ["none"], ["Same-Origin"], ["same-origin", "same-origin"],
    ]

    private func fields(header: [String], origin: [String], site: [String]) -> HTTPFields {
        var fields = HTTPFields()
        for value in header { fields.append(HTTPField(name: .latchkeyCSRF, value: value)) }
        for value in origin { fields.append(HTTPField(name: .origin, value: value)) }
        for value in site { fields.append(HTTPField(name: .secFetchSite, value: value)) }
        return fields
    }

    private func passes(_ fields: HTTPFields, origins: [String] = [own]) -> Bool {
        do {
            try CSRFCheck.pass(fields, origins: origins)
            return true
        } catch {
            #expect(error == Refusal(.csrfRejected, ""))
            return false
        }
    }

    @Test(arguments: origins, sites)
    func `a present origin decides alone, an absent one leaves it to Sec-Fetch-Site`(origin: [String], site: [String]) {
        let isGood = origin.isEmpty ? site == ["same-origin"] : origin == [Self.own]
        #expect(passes(fields(header: ["1"], origin: origin, site: site)) == isGood)
    }

    @Test(arguments: [[], ["0"], [""], ["true"], ["1", "1"], ["11"]])
    func `without the header X-Latchkey-CSRF 1 nothing passes`(header: [String]) {
        #expect(!passes(fields(header: header, origin: [Self.own], site: ["same-origin"])))
    }

    @Test func `a client without origins has no good one but its own page's word`() {
        #expect(!passes(fields(header: ["1"], origin: [Self.own], site: []), origins: []))
        #expect(!passes(fields(header: ["1"], origin: ["null"], site: []), origins: []))
    }

    @Test func `a login from another site is refused whatever Origin says`() throws {
        for origin in [[], [Self.own]] {
            let error = #expect(throws: Refusal.self) {
                try CSRFCheck.refuseCrossSite(fields(header: ["1"], origin: origin, site: ["cross-site"]))
            }
            #expect(error?.code == .cookieTransportCrossSite)
        }
        for site in [[], ["same-origin"], ["same-site"], ["none"]] {
            try CSRFCheck.refuseCrossSite(fields(header: ["1"], origin: [Self.own], site: site))
        }
    }
}
