import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import Logging
import NIOCore
import Testing

/// Who a request is from.
@Suite struct AddressTests {
    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:1:2:3:4:5", "2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("2001:db8::", "2001:db8::", "2001:db8:0:0::/64"),
        ("::1", "::1", "0:0:0:0::/64"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3", "1:0:0:2::/64"),
    ])
    func `addresses have one text and one network`(text: String, canonical: String, network: String) {
        let address = ClientAddress(text)
        #expect(address?.description == canonical)
        #expect(address?.network.description == network)
    }

    @Test(arguments: ["", "1.2.3", "1.2.3.4.5", "01.2.3.4x", "[::1]", "fe80::1%eth0", "localhost", "1.2.3.4:80"])
    func `text that is not an address gives none`(text: String) {
        #expect(ClientAddress(text) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1:8080", ListenAddress.tcp(host: "127.0.0.1", port: 8080)), ("[::1]:0", .tcp(host: "::1", port: 0)),
        ("localhost:80", .tcp(host: "localhost", port: 80)), ("::1:80", nil), ("127.0.0.1", nil), (":80", nil),
        ("127.0.0.1:65536", nil), ("127.0.0.1:-1", nil), ("127.0.0.1:\u{301}80", nil), ("127.0.0.1\u{600}:80", nil),
        ("localhost:\u{FF18}", nil), ("[127.0.0.1]:80", nil), ("a b:80", nil),
    ])
    func `listen addresses are read strictly`(text: String, address: ListenAddress?) {
        #expect(ListenAddress(text) == address)
        if let address { #expect(address.description == text) }
    }

    struct Case: Sendable, CustomStringConvertible {
        let peer: String
        let trusted: [String]
        let fields: [(String, String)]
        let client: String
        var isUnconfigured = false
        var description: String { "\(peer) \(fields)" }
    }

    static let cases = [
        // Nobody is trusted: the peer it is, and a private peer that forwards is worth a warning.
        Case(peer: "192.0.2.1", trusted: [], fields: [("X-Forwarded-For", "198.51.100.1")], client: "192.0.2.1"),
        Case(
            peer: "127.0.0.1", trusted: [], fields: [("X-Forwarded-For", "198.51.100.1")], client: "127.0.0.1",
            isUnconfigured: true),
        Case(
            peer: "10.1.2.3", trusted: ["127.0.0.1"], fields: [("Forwarded", "for=198.51.100.1")], client: "10.1.2.3",
            isUnconfigured: true),
        Case(peer: "10.1.2.3", trusted: [], fields: [], client: "10.1.2.3"),
        // A trusted peer: the right-most hop that is not trusted.
        Case(peer: "10.0.0.1", trusted: ["10.0.0.0/8"], fields: [], client: "10.0.0.1"),
        Case(
            peer: "10.0.0.1", trusted: ["10.0.0.0/8"], fields: [("X-Forwarded-For", "6.6.6.6, 198.51.100.1, 10.2.2.2")],
            client: "198.51.100.1"),
        Case(
            peer: "10.0.0.1", trusted: ["10.0.0.0/8"],
            fields: [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "198.51.100.1")], client: "198.51.100.1"),
        Case(
            peer: "::1", trusted: ["::1"], fields: [("Forwarded", "for=\"[2001:db8::9]:4711\";proto=https")],
            client: "2001:db8::9"),
        Case(peer: "::1", trusted: ["::1"], fields: [("X-Forwarded-For", "198.51.100.1:9")], client: "198.51.100.1"),
        // Nonsense ends the search at the proxy that reported it.
        Case(peer: "10.0.0.1", trusted: ["10.0.0.1"], fields: [("X-Forwarded-For", "unknown")], client: "10.0.0.1"),
        Case(
            peer: "10.0.0.1", trusted: ["10.0.0.0/8"], fields: [("X-Forwarded-For", "6.6.6.6, _hidden, 10.9.9.9")],
            client: "10.9.9.9"),
        // Text left of the proxy's entry counts for nothing, whatever it would join to the comma, and in whatever line.
        Case(
            peer: "127.0.0.1", trusted: ["127.0.0.1"], fields: [("X-Forwarded-For", "\u{600}, 203.0.113.60")],
            client: "203.0.113.60"),
        Case(
            peer: "127.0.0.1", trusted: ["127.0.0.1"],
            fields: [("X-Forwarded-For", "127.0.0.1\u{D4E}"), ("X-Forwarded-For", "203.0.113.60")],
            client: "203.0.113.60"),
        Case(
            peer: "127.0.0.1", trusted: ["127.0.0.1"],
            fields: [("X-Forwarded-For", "203.0.113.60"), ("X-Forwarded-For", "\u{600}")], client: "127.0.0.1"),
        Case(
            peer: "127.0.0.1", trusted: ["127.0.0.1"], fields: [("Forwarded", "for=\"\u{600}, for=203.0.113.60")],
            client: "203.0.113.60"),
        // The proxy quotes what the client sent as its Host.
        Case(
            peer: "127.0.0.1", trusted: ["127.0.0.1"],
            fields: [("Forwarded", #"for=203.0.113.60;host="x,for=10.9.9.2;y=""#)], client: "203.0.113.60"),
        Case(
            peer: "127.0.0.1", trusted: ["127.0.0.1"],
            fields: [("Forwarded", #"host="x;for=10.9.9.3,";for=203.0.113.60"#)], client: "203.0.113.60"),
        Case(
            peer: "127.0.0.1", trusted: ["127.0.0.1"],
            fields: [("Forwarded", #"for=203.0.113.60;host="x\",for=10.9.9.2;y=\\""#)], client: "203.0.113.60"),
        Case(
            peer: "127.0.0.1", trusted: ["127.0.0.1"],
            fields: [("Forwarded", #"for="6.6.6.6, for=203.0.113.60;host="h""#)], client: "203.0.113.60"),
        Case(
            peer: "127.0.0.1", trusted: ["127.0.0.1"], fields: [("Forwarded", #"for=203.0.113.60", proto=x"#)],
            client: "127.0.0.1"),
        Case(
            peer: "127.0.0.1", trusted: ["127.0.0.1"], fields: [("Forwarded", "for=6.6.6.6;for=203.0.113.60")],
            client: "127.0.0.1"),
        Case(
            peer: "127.0.0.1", trusted: ["127.0.0.1"], fields: [("X-Forwarded-For", "[203.0.113.60]x")],
            client: "127.0.0.1"),
        // Two headers that disagree: one of them came through from the client.
        Case(
            peer: "10.0.0.1", trusted: ["10.0.0.1"],
            fields: [("X-Forwarded-For", "198.51.100.1"), ("Forwarded", "for=6.6.6.6")], client: "10.0.0.1"),
    ]

    @Test(arguments: cases) func `only a trusted proxy's word counts`(row: Case) throws {
        var settings = HTTPService.Settings()
        settings.trustedProxies = try TrustedProxies(row.trusted)
        let service = HTTPService(
            routes: RouteTable([]), settings: settings, metrics: RequestMetrics(), now: { 0 },
            renderError: { _, _ in ServerFixture.text("") }
        )
        var fields = HTTPFields()
        for (name, value) in row.fields { fields.append(HTTPField(name: try #require(.init(name)), value: value)) }
        let source = RequestSource(
            logger: Logger(label: "test"), peer: ClientAddress(row.peer), isTLS: false, isLocalOperator: false
        )
        let prepared = service.prepare(
            method: .get, target: "/", fields: fields, body: ByteBuffer(), source: source
        )
        #expect(prepared.context.clientAddress?.description == row.client)
        #expect((prepared.context.unconfiguredProxy != nil) == row.isUnconfigured)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "proxy", "::/129", "10.0.0.0/8/8", "10.0.0.0/"])
    func `a malformed block is refused`(text: String) {
        #expect(throws: TrustedProxies.InvalidNetwork(text: text)) { try TrustedProxies([text]) }
    }
}
