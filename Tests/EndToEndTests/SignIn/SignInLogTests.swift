import Foundation
import InMemoryLogging
import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// What the server's log and its answers keep to themselves.
struct SignInLogTests {
    @Test func `no password, code, seal or cookie is in the log, the audit trail or the database`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server, consent: .ask)
            let wrong = "canary-wrong-" + Base64URL.string(RandomBytes.make(12))
            let right = "canary-right-" + Base64URL.string(RandomBytes.make(12))
            let next = "canary-next-" + Base64URL.string(RandomBytes.make(12))
            try await server.addUser("lin", password: right, mustChange: true)
            let browser = scene.browser()
            let page = try await scene.page(browser, ["state": "canary-state", "nonce": "canary-nonce"])
            _ = try await browser.submit(page, SignInScene.typed("lin", wrong))
            _ = try await browser.submit(page, ["username": wrong, "password": wrong])
            _ = try await browser.submit(page, SignInScene.typed("lin", right), headers: [("Origin", "null")])
            _ = try await browser.submit(page, SignInScene.typed("lin", right).merging(["seal": "canary-seal"]) { $1 })
            _ = try await browser.get("/signin/password?username=lin&password=\(right)")
            _ = try await browser.get("/oauth2/authorize?client_id=web&password=\(right)&state=%zz")
            let change = try ShownPage(try await browser.submit(page, SignInScene.typed("lin", right)))
            let consent = try ShownPage(try await browser.submit(change, ["new_password": next]))
            let answer = try #require(DeliveredAnswer(try await browser.submit(consent, decision: "allow")))
            let code = try #require(answer.code)
            _ = try await scene.redeem(code, verifier: String(repeating: "w", count: 43))
            let tokens = try await scene.redeem(code)
            _ = try await scene.redeem(code)

            var traces = [
                SecretTraces("wrong password", wrong), SecretTraces("password", right),
                SecretTraces("new password", next),
            ]
            traces += [page, change, consent].compactMap { $0.form?["seal"] }.map {
                SecretTraces("seal", Array($0.utf8))
            }
            traces.append(SecretTraces("code", Array(code.utf8), withHashes: false))
            traces.append(
                SecretTraces(
                    "step", Array(try #require(browser.cookies[SignInScene.stepCookie]).utf8), withHashes: false))
            traces += SecretTraces.refreshToken("session", try #require(browser.cookies[SignInScene.sessionCookie]))
            traces += SecretTraces.accessToken("ID token", try #require(tokens["id_token"]))
            traces += ["canary-state", "canary-nonce", "canary-seal", SignInScene.verifier].map {
                SecretTraces($0, Array($0.utf8), withHashes: false)
            }
            let log = Data(server.logs.entries.map { "\($0.message) \($0.metadata)" }.joined(separator: "\n").utf8)
            #expect(log.count > 100)
            for trace in traces { #expect(trace.found(in: log).isEmpty, "in the log") }
            let trail = try await server.services.audit.page(AuditFilter()).items.map { "\($0)" }.joined()
            for trace in traces { #expect(trace.found(in: Data(trail.utf8)).isEmpty, "in the audit trail") }
            // A nonce and a request are data of rows; everything else must not be stored.
            for (name, data) in try await StoredBytes.all(server.folder) {
                for trace in traces where trace.name != "canary-nonce" {
                    #expect(trace.found(in: data).isEmpty, "in \(name)")
                }
            }
        }
    }

    @Test func `a page view writes nothing`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            let before = try server.folder.size()
            for _ in 0..<20 {
                _ = try await scene.page(browser)
                _ = try await scene.page(scene.browser())
                _ = try await browser.get("/signin/consent")
            }
            #expect(try server.folder.size() == before)
        }
    }
}

extension TemporaryFolder {
    /// Bytes of the database and its log.
    fileprivate func size() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasSuffix("-shm") }.reduce(0) {
            sum, name in
            let attributes = try FileManager.default.attributesOfItem(atPath: file(name))
            return sum + ((attributes[.size] as? Int) ?? 0)
        }
    }
}
