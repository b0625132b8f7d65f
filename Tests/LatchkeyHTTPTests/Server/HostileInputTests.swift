import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import NIOCore
import TestConditions
import Testing

/// Seeded random input for everything that strangers reach: no crash, and what is accepted keeps its promises.
@Suite struct HostileInputTests {
    private static func bytes(_ random: inout SeededGenerator, _ alphabet: String) -> [UInt8] {
        let alphabet = Array(alphabet.utf8) + [0, 0xC3, 0xA9, 0xFF]
        return (0..<Int.random(in: 0...40, using: &random)).map { _ in
            alphabet.randomElement(using: &random) ?? 0
        }
    }

    @Test func `a form that is accepted holds no NUL and no empty value`() throws {
        var random = SeededGenerator(seed: 1)
        var accepted = 0
        for _ in 0..<5000 {
            let body = ByteBuffer(bytes: Self.bytes(&random, "aab=&%+02F"))
            var fields = HTTPFields()
            fields[.contentType] = "application/x-www-form-urlencoded"
            guard let form = try? FormParameters.parse(body, fields: fields) else { continue }
            accepted += 1
            for name in ["a", "b", "ab", "aa"] {
                #expect(form[name].map { !$0.isEmpty && !$0.utf8.contains(0) } ?? true)
            }
        }
        #expect(accepted > 100)
    }

    @Test func `a path that is accepted has one reading`() {
        var random = SeededGenerator(seed: 2)
        var accepted = 0
        for _ in 0..<20_000 {
            let text = "/" + String(decoding: Self.bytes(&random, "ab./%2eEfF5c\\?#"), as: UTF8.self)
            guard let target = try? RequestTarget(text) else { continue }
            accepted += 1
            let lower = target.path.lowercased()
            let segments = lower.replacing("%2e", with: ".").split(separator: "/", omittingEmptySubsequences: false)
            #expect(!segments.contains(".") && !segments.contains(".."))
            #expect(!lower.contains("//") && !lower.contains("%2f") && !lower.contains("%5c") && !lower.contains("\\"))
        }
        #expect(accepted > 100)
    }

    /// The headers themselves are read twice in ``TextFuzzTests``; here they come over the wire.
    @Test func `over the wire, text left of the proxy's entry counts for nothing`() async throws {
        let seed = TestSeed.ofThisRun
        let trusted = try TrustedProxies(["127.0.0.1"])
        try await ServerFixture.run(trustedProxies: trusted) { server in
            let port = server.port
            let (answers, refused) = try await blocking {
                var random = HostileText(seed: seed)
                var answers: [(sent: [UInt8], answer: String)] = []
                var refused = 0
                for _ in 0..<300 {
                    // No proxy passes on what would end the line and begin another.
                    let text = random.bytes(["203.0.113.7", ",", ", ", "127.0.0.1", "\"", "for="]).filter { $0 != 0x0A }
                    let connection = try RawConnection(port: port)
                    connection.send(
                        Array("GET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: ".utf8) + text
                            + Array(", 198.51.100.9\r\n\r\n".utf8))
                    let answer = try connection.receiveAll()
                    // Bytes that no field value has end the request, before anybody is attributed.
                    if answer.status == 400 { refused += 1 } else { answers.append((text, answer)) }
                }
                return (answers, refused)
            }
            for (sent, answer) in answers {
                #expect(
                    answer.status == 200 && answer.hasSuffix("198.51.100.9 false false false"),
                    "LATCHKEY_TEST_SEED=\(seed): \(sent): \(answer)")
            }
            #expect(answers.count > 100 && refused > 10, "LATCHKEY_TEST_SEED=\(seed)")
        }
    }

    @Test func `a server that was sent noise still answers`() async throws {
        try await ServerFixture.run { server in
            let port = server.port
            let answer = try await blocking {
                var random = SeededGenerator(seed: 4)
                for _ in 0..<200 {
                    let connection = try RawConnection(port: port)
                    connection.send(Self.bytes(&random, "GET / HTTP/1.1\r\n\r\nHost: a\r\nContent-Length: 5"))
                    connection.endSending()
                    _ = try? connection.receiveAll()
                }
                let connection = try RawConnection(port: port)
                connection.send("GET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                return try connection.receiveAll()
            }
            #expect(answer.status == 200)
        }
    }
}
