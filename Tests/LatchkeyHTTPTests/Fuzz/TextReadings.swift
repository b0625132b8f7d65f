import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens
import Logging
import NIOCore

/// One kind of text that strangers send, read twice: by the code and by the reference.
struct TextReading: Sendable {
    let name: String
    /// Makes an input and reads it; nil when both readings are the same, otherwise the input and the two.
    let differ: @Sendable (inout HostileText) -> Difference?

    struct Difference: Sendable, CustomStringConvertible {
        let input: [[UInt8]]
        let found: String
        let expected: String

        var description: String {
            let hexadecimal = input.map { line in
                line.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            }
            return "\(hexadecimal): \(found), by bytes \(expected)"
        }
    }

    private init<Reading: Equatable & SendableMetatype>(
        _ name: String, _ make: @escaping @Sendable (inout HostileText) -> [[UInt8]],
        code: @escaping @Sendable ([[UInt8]]) -> Reading, reference: @escaping @Sendable ([[UInt8]]) -> Reading
    ) {
        self.name = name
        differ = { random in
            let input = make(&random)
            let (found, expected) = (code(input), reference(input))
            return found == expected
                ? nil : Difference(input: input, found: "\(found)", expected: "\(expected)")
        }
    }

    static let all = headers + bodies + names

    // MARK: Headers

    private static func fields(_ name: HTTPField.Name, _ lines: [[UInt8]]) -> HTTPFields {
        var fields = HTTPFields()
        for line in lines {
            // As the decoder of HTTP/1 makes them.
            fields.append(HTTPField(name: name, value: String(decoding: line, as: UTF8.self)))
        }
        return fields
    }

    private static func header<Reading: Equatable & SendableMetatype>(
        _ name: HTTPField.Name, _ words: [String], code: @escaping @Sendable (HTTPFields) -> Reading,
        reference: @escaping @Sendable ([[UInt8]]) -> Reading
    ) -> TextReading {
        TextReading(name.rawName, { $0.lines(words) }, code: { code(fields(name, $0)) }) { lines in
            reference(lines.map(ByteReference.line))
        }
    }

    private static let headers = [
        forwarding,
        header(.cookie, ["lk=abc", "lk", "=", ";", "; ", "abc", "other=1", "K", " ", "\""]) { fields in
            switch Cookies(fields)["lk"] {
            case .absent: "absent"
            case .ambiguous: "ambiguous"
            case .value(let value): "value " + value
            }
        } reference: {
            ByteReference.cookie("lk", $0)
        },
        header(
            .accept,
            ["application/jwt", "application/json", "*/*", "application/*", "text/html", ",", ", ", ";", "q=", "Q=0.5"]
                + ["0", "1", ".", "0.001", ";q=0", " "]
        ) { fields in
            [AcceptHeader.prefers("application/jwt", in: fields), AcceptHeader.names("text/html", in: fields)]
        } reference: {
            [ByteReference.prefers("application/jwt", $0), ByteReference.names("text/html", $0)]
        },
        header(.acceptEncoding, ["gzip", "GZIP", "x-gzip", "*", "br", ",", ";q=0", ";q=.2", ";", "q=1", " ", "K"]) {
            AcceptHeader.allowsGzip($0)
        } reference: {
            ByteReference.allowsGzip($0)
        },
        header(.ifNoneMatch, ["\"abc\"", "W/\"abc\"", "\"", "abc", ",", " ", "*", "W/", "\"x\""]) {
            EntityTag("abc", isWeak: true).satisfies(ifNoneMatch: $0)
        } reference: {
            ByteReference.matches($0)
        },
        header(
            .contentType,
            [
                "application", "/", "json", "application/json", "x-www-form-urlencoded", ";", "charset", "=", "utf-8",
                "\"",
            ]
                + ["UTF8", " ", "; charset=utf-8", "latin1", "+json"]
        ) {
            MediaType(contentTypeOf: $0).map { Array($0.essence.utf8) }
        } reference: {
            ByteReference.essence($0)
        },
        header(.authorization, ["Bearer ", "bearer", "BEARER", " ", "abc.def", "-_~+/=", "Basic ", "DPoP", ","]) {
            fields -> String in
            do { return try BearerToken(fields).map { "token " + $0.text } ?? "none" } catch { return "refused" }
        } reference: { lines in
            guard let found = ByteReference.credentials("bearer", lines) else { return "none" }
            let allowed = ByteReference.bytes("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=")
            guard let text = found, !text.isEmpty, text.allSatisfy(allowed.contains) else { return "refused" }
            return "token " + String(decoding: text, as: UTF8.self)
        },
        header(.origin, ["https://", "app", ".", "example", "com", "https://app.example.com", ":8443", "/", "null"]) {
            fields -> Bool in
            var fields = fields
            fields[.latchkeyCSRF] = "1"
            return (try? CSRFCheck.pass(fields, origins: ["https://app.example.com", "https://K.example"])) != nil
        } reference: { lines in
            lines.count == 1 && lines[0] == ByteReference.bytes("https://app.example.com")
        },
    ]

    private static let forwarding: TextReading = {
        var settings = HTTPService.Settings()
        settings.trustedProxies = (try? TrustedProxies(["10.0.0.0/8"])) ?? TrustedProxies()
        let service = HTTPService(
            routes: RouteTable([]), settings: settings, metrics: RequestMetrics(), now: { 0 },
            renderError: { _, _ in ServerFixture.text("") })
        let words =
            ["203.0.113.60", "10.1.2.3", "198.51.100.1", "2001:db8::9", "[2001:db8::9]", "::ffff:192.0.2.1", ":4711"]
            + [
                ",", ", ", ";", "for=", "For=\"", "\"", "\\", "\\\"", ";host=\"x,for=10.9.9.9;y=\"", "proto=https",
                "unknown", "_hidden", "[", "]", " ",
            ]
        let peers: [[UInt8]] = [[10, 0, 0, 1], [192, 0, 2, 1]]
        // The first line says which headers there are and who the peer is; the proxy's own entry comes last.
        let make: @Sendable (inout HostileText) -> [[UInt8]] = { random in
            var lines = random.lines(words)
            if random.isOne(of: 2) { lines[lines.count - 1] += ByteReference.bytes(", 203.0.113.60") }
            return [[UInt8(random.number(below: 3)), random.isOne(of: 8) ? 1 : 0]] + lines
        }
        let split: @Sendable ([[UInt8]]) -> (peer: [UInt8], x: [[UInt8]], forwarded: [[UInt8]]) = { input in
            let lines = Array(input.dropFirst())
            let kind = input[0][0]
            return (peers[Int(input[0][1])], kind == 1 ? [] : lines, kind == 0 ? [] : lines)
        }
        return TextReading("forwarding", make) { input -> [UInt8] in
            let (peer, x, forwarded) = split(input)
            var fields = HTTPFields()
            for (name, lines) in [("X-Forwarded-For", x), ("Forwarded", forwarded)] {
                guard let name = HTTPField.Name(name) else { continue }
                for field in Self.fields(name, lines) { fields.append(field) }
            }
            let source = RequestSource(
                logger: Logger(label: "test"), peer: ClientAddress(bytes: peer), isTLS: false, isLocalOperator: false)
            let prepared = service.prepare(
                method: .get, target: "/", fields: fields, body: ByteBuffer(), source: source)
            return prepared.context.clientAddress?.bytes ?? []
        } reference: { input in
            let (peer, x, forwarded) = split(input)
            return ByteReference.client(
                peer: peer, xForwardedFor: x.map(ByteReference.line), forwarded: forwarded.map(ByteReference.line))
        }
    }()

    // MARK: Bodies and queries

    private static let bodies = [
        TextReading(
            "form",
            { [$0.bytes(["role", "=", "&", "a", "K", "%4B", "%E2%84%AA", "+", "%00", "%", "admin", "%ED%A0%80"])] }
        ) { input -> [String]? in
            guard let form = try? RequestParameters(input[0], repeatable: ["role"]) else { return nil }
            return Self.formNames.map { form[$0] ?? "-" } + form.all("role")
        } reference: { input in
            guard let pairs = ByteReference.form(input[0]) else { return nil }
            func values(_ name: String) -> [String] {
                pairs.filter { $0.name == ByteReference.bytes(name) && !$0.value.isEmpty }
                    .map { String(decoding: $0.value, as: UTF8.self) }
            }
            return Self.formNames.map { values($0).first ?? "-" } + values("role")
        },
        TextReading("JSON", { random in [Self.object(&random)] }) { input -> [[UInt8]]? in
            guard let object = try? StrictJSON.parseObject(input[0]) else { return nil }
            return object.members.flatMap { [Array($0.name.utf8), Array(($0.value.string ?? "?").utf8)] }
        } reference: { input in
            ByteReference.members(input[0])?.flatMap { [$0.name, $0.value] }
        },
        TextReading("member by name", { random in [Self.object(&random)] }) { input -> [UInt8]? in
            let body = try? JSONBody(ByteBuffer(bytes: input[0]), fields: [.contentType: "application/json"])
            return (try? body?.string("K")).map { Array($0.utf8) }
        } reference: { input in
            ByteReference.members(input[0])?.first { $0.name == [0x4B] }?.value
        },
    ]

    private static let formNames = ["a", "K", "\u{212A}", "admin", "aa"]

    private static func object(_ random: inout HostileText) -> [UInt8] {
        let words = ["K", "\\u212a", "\\ud83d\\ude00", "\\ud800", "\\u0000", "\\", "\\n", "a", "\\u004B", "\\udc00"]
        let members = (0...random.number(below: 3)).map { _ in
            let (name, value) = (random.bytes(words, count: 3), random.bytes(words, count: 5))
            // A quote would change the structure, and the reference reads strings alone.
            return [name, value].map { [0x22] + $0.filter { $0 != 0x22 } + [0x22] }.joined(separator: [0x3A])
        }
        return [0x7B] + Array(members.map(Array.init).joined(separator: [0x2C])) + [0x7D]
    }

    // MARK: Names and tokens

    private static func text(_ input: [[UInt8]]) -> String { String(decoding: input[0], as: UTF8.self) }

    private static let names = [
        TextReading("user name with controls", { [$0.bytes(["ada", "tom", "-", "K", "ß"], count: 5)] }) { input in
            // Text comes out of JSON and forms, which are UTF-8 or refused.
            guard ByteReference.isUTF8(input[0]) else { return true }
            let name = try? UserName(Self.text(input))
            return name.map { !ByteReference.hasControl(Array($0.display.utf8) + Array($0.normalised.utf8)) } ?? true
        } reference: { _ in
            true
        },
        TextReading("user name", { [$0.bytes(["ada", "tom", "-", "K", ".", "Ada", " "], count: 5)] }) {
            input -> [UInt8]? in
            (try? UserName(Self.text(input))).map { Array($0.normalised.utf8) }.flatMap { name in
                input[0].allSatisfy { $0 < 0x80 } ? name : []
            }
        } reference: { input -> [UInt8]? in
            let name = input[0]
            guard name.allSatisfy({ $0 < 0x80 }) else {
                // Which letters are one is Unicode's business; what is refused for its bytes is refused.
                return (try? UserName(Self.text(input))) == nil || ByteReference.hasControl(name) ? nil : []
            }
            guard !name.isEmpty, name.count <= 128, !ByteReference.hasControl(name), name.first != 0x20,
                name.last != 0x20
            else { return nil }
            return ByteReference.lower(name)
        },
        TextReading("scope", { [$0.bytes(["openid", " ", "orders:read", "K", ";", "\"", "latchkey:admin"])] }) {
            input in
            Scope(Self.text(input)).map { $0.tokens.map { Array($0.utf8) } }
        } reference: {
            ByteReference.scope($0[0])
        },
        TextReading("client id", { [$0.bytes(["web", "-", ".", "_", "K", "shop"], count: 5)] }) { input in
            (ClientID(Self.text(input))?.description).map { Array($0.utf8) }
        } reference: { input -> [UInt8]? in
            let text = input[0]
            let others = ByteReference.bytes("._-")
            let isAllowed = text.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || others.contains(byte)
            }
            return isAllowed && (1...64).contains(text.count) && text.contains { $0 != 0x2E } ? text : nil
        },
        TextReading("base64url", { [$0.bytes(["A", "w", "-", "_", "QUJD", "Zg", "=", "K"])] }) {
            Base64URL.decode(Self.text($0))
        } reference: {
            ByteReference.base64URL($0[0])
        },
        TextReading("listen address", { [$0.bytes(["127.0.0.1", ":", "80", "[::1]", "localhost", "65535", "0"])] }) {
            ListenAddress(Self.text($0)) != nil
        } reference: {
            ByteReference.hasListenForm($0[0])
        },
        TextReading("path after sign-in", { [$0.bytes(["/", "a", "\\", "?", "#", "//", "%2F"])] }) {
            LocalPath(Self.text($0)) != nil
        } reference: { input in
            let text = input[0]
            return text.first == 0x2F && !text.starts(with: [0x2F, 0x2F]) && text.count <= 2048
                && text.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x5C }
        },
    ]
}
