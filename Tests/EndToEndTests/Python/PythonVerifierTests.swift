import Foundation
import LatchkeyTokens
import TestSupport
import Testing

/// The example for services in Python, as a service runs it: every cause of a revocation, a server that is away and comes
/// back, and a proxy that gets in between.
struct PythonVerifierTests {
    /// A server in its own process with the scene on it, and a Python service that polls it.
    struct Stage {
        let folder: TemporaryFolder
        let port: Int
        let issuer: String
        let server: ServerProcess
        let proxy: FaultyProxy?
        let scene: RevocationScene
        let verifier: PythonVerifier

        init(throughProxy: Bool = false, configuration: [String: String] = [:]) async throws {
            folder = try TemporaryFolder()
            port = try ServerProcess.freePort()
            proxy = throughProxy ? try await FaultyProxy(upstream: port, log: folder) : nil
            issuer = proxy?.issuer ?? "http://localhost:\(port)"
            server = try await ServerProcess(
                folder: folder, port: port, issuer: issuer, configuration: configuration)
            scene = try await RevocationScene(server.http, folder: folder, audience: PythonVerifier.audience)
            verifier = try await PythonVerifier(issuer: issuer, log: folder)
        }

        /// Signs in anew on a server that was started again.
        func freshToken(_ server: ServerProcess) async throws -> String {
            let login = try await server.http.post(
                "/api/v1/login",
                json: ["username": "bob", "password": .string(TestServer.password), "client_id": "spa"])
            return try #require(login["access_token"], "\(login.text)")
        }
    }

    @Test func `the rule in Python agrees with every vector`() async throws {
        let folder = try TemporaryFolder()
        let output = folder.file("vectors.txt")
        let child = try ChildProcess(
            [PythonProgram.interpreter, PythonProgram.folder + "/run_vectors.py"],
            environment: ["PYTHONDONTWRITEBYTECODE": "1"], output: output, error: output)
        let status = try await child.exit()
        let text = try String(contentsOfFile: output, encoding: .utf8)
        #expect(status == 0, "\(text)")
        let checks = try #require(text.firstMatch(of: /(\d+) checks, 0 differences/), "\(text)")
        #expect(try #require(Int(checks.output.1)) > 1000)
    }

    @Test(arguments: RevocationCause.allCases)
    func `what revokes at the server is refused by the service, the rest is not`(cause: RevocationCause) async throws {
        let stage = try await Stage()
        for holder in RevocationScene.Holder.allCases {
            #expect(try await stage.verifier.judge(try stage.scene.token(holder)) == "ok", "\(holder)")
        }
        try await cause.perform(on: stage.scene)
        // A withdrawn key goes from the key set, too, at about the same time.
        let refusals: Set = cause.kind == .key ? ["revoked", "unknown key"] : ["revoked"]
        let verdict = try await stage.verifier.judge(try stage.scene.token(.victim), until: refusals)
        #expect(refusals.contains(verdict), "\(verdict)")
        for holder in RevocationScene.Holder.allCases {
            let expected = cause.mustDie.contains(holder) ? refusals : ["ok"]
            let verdict = try await stage.verifier.judge(try stage.scene.token(holder))
            #expect(expected.contains(verdict), "\(holder): \(verdict)")
        }
        guard cause.leavesSession else { return }
        let renewed = try await stage.scene.refresh(stage.scene.refreshToken)
        let next = try #require(renewed["access_token"], "\(renewed.text)")
        #expect(try await stage.verifier.judge(next, until: "ok") == "ok")
    }

    @Test func `with the server stopped the list is good for expires_in, then nothing is accepted`() async throws {
        let stage = try await Stage()
        let (dead, live) = (try stage.scene.token(.victim), try stage.scene.token(.stranger))
        try await RevocationCause.kindSession.perform(on: stage.scene)
        #expect(try await stage.verifier.judge(dead, until: "revoked") == "revoked")
        #expect(stage.server.terminate() == 0)
        #expect(try await stage.verifier.judge(live) == "ok")
        #expect(try await stage.verifier.judge(dead) == "revoked")
        let stale = "the revocation list is stale"
        try await stage.verifier.moveClock(62)
        #expect(try await stage.verifier.judge(live) == stale)
        #expect(try await stage.verifier.judge(dead) == stale)
        try await stage.verifier.moveClock(-200)
        #expect(try await stage.verifier.judge(live) == stale, "a clock that was set back says nothing about age")
        try await stage.verifier.moveClock(0)
        #expect(try await stage.verifier.judge(live) == "ok")
        #expect(try await stage.verifier.judge(dead) == "revoked")
    }

    @Test func `a server that comes back with a new epoch is believed again, and nothing is forgotten`() async throws {
        let short = ["LATCHKEY_REVOCATIONS_EXPIRES_IN": "5s", "LATCHKEY_REVOCATIONS_NEXT_UPDATE": "1s"]
        let stage = try await Stage(configuration: short)
        let (dead, live) = (try stage.scene.token(.victim), try stage.scene.token(.stranger))
        try await RevocationCause.kindSession.perform(on: stage.scene)
        #expect(try await stage.verifier.judge(dead, until: "revoked") == "revoked")
        let epoch = try await stage.server.http.get("/revocations")["epoch"]
        #expect(stage.server.terminate() == 0)
        let stale = "the revocation list is stale"
        #expect(try await stage.verifier.judge(live, until: stale) == stale)

        let again = try await ServerProcess(
            folder: stage.folder, port: stage.port, issuer: stage.issuer, configuration: short)
        #expect(try await again.http.get("/revocations")["epoch"] != epoch)
        #expect(try await stage.verifier.judge(live, until: "ok") == "ok")
        #expect(try await stage.verifier.judge(dead, until: "revoked") == "revoked")
        let new = try await stage.freshToken(again)
        #expect(try await stage.verifier.judge(new, until: "ok") == "ok")
        let jti = try PollingReader.claims(new).jti
        #expect(try await stage.scene.revoke(["kind": "token", "id": .string(jti)]).status == 201)
        #expect(try await stage.verifier.judge(new, until: "revoked") == "revoked")
    }

    @Test func `made-up key names cost the server one fetch at most`() async throws {
        let stage = try await Stage(throughProxy: true)
        let proxy = try #require(stage.proxy)
        let live = try stage.scene.token(.stranger)
        let began = ContinuousClock.now
        let before = try await proxy.fetchesOfKeys()
        try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<500 {
                group.addTask { try await stage.verifier.judge(try Self.renamed(live, key: number)) }
            }
            for try await verdict in group { #expect(verdict != "ok") }
        }
        #expect(try await stage.verifier.judge(live) == "ok")
        // One for each half minute that it took, however slow the machine is.
        let allowed = (ContinuousClock.now - began).components.seconds / 30 + 1
        #expect(try await proxy.fetchesOfKeys() - before <= allowed)
    }

    /// The token with another `kid` in its header.
    private static func renamed(_ token: String, key number: Int) throws -> String {
        let kid = String(repeating: "A", count: 39) + String(10000 + number).suffix(4)
        let header = Data("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"\(kid)\"}".utf8).base64EncodedString()
        let segment = header.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return segment + token.drop { $0 != "." }
    }

    @Test(arguments: ["html", "not-modified", "redirect", "truncated"])
    func `a proxy that answers something else neither revives nor refreshes`(fault: String) async throws {
        let stage = try await Stage(throughProxy: true)
        let proxy = try #require(stage.proxy)
        let (dead, live) = (try stage.scene.token(.victim), try stage.scene.token(.stranger))
        try await RevocationCause.kindSession.perform(on: stage.scene)
        #expect(try await stage.verifier.judge(dead, until: "revoked") == "revoked")
        try await proxy.set(fault)
        #expect(try await !stage.verifier.fetches())
        #expect(try await stage.verifier.judge(live) == "ok")
        #expect(try await stage.verifier.judge(dead) == "revoked")
        // Ends the poll that was already waiting, and lets the next ones meet the fault.
        #expect(try await stage.scene.revoke(["kind": "client", "id": "app"]).status == 201)
        try await stage.verifier.moveClock(90)
        #expect(try await stage.verifier.judge(live) == "the revocation list is stale")
        try await stage.verifier.moveClock(0)
        try await proxy.set("pass")
        #expect(try await stage.verifier.judge(live, until: "revoked") == "revoked")
    }

    @Test func `a proxy that drips is given up`() async throws {
        let stage = try await Stage(throughProxy: true)
        let proxy = try #require(stage.proxy)
        #expect(try await stage.verifier.fetches())
        try await proxy.set("drip")
        #expect(try await !stage.verifier.fetches())
    }

    @Test func `a service does not start on another issuer's list or on none`() async throws {
        let stage = try await Stage()
        let folder = stage.folder
        let port = try ServerProcess.freePort()
        for issuer in ["http://127.0.0.1:\(stage.port)", "http://localhost:\(port)"] {
            await #expect(throws: ChildProcess.Failure.self) { try await PythonVerifier(issuer: issuer, log: folder) }
        }
    }
}
