import Foundation
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

/// The verifiers for other languages, as a service runs them: every cause of a revocation, a server that is away and
/// comes back, and a proxy that gets in between.
struct LanguageVerifierTests {
    /// A server in its own process with the scene on it, and a service of the language that polls it.
    struct Stage {
        let folder: TemporaryFolder
        let port: Int
        let issuer: String
        let server: ServerProcess
        let proxy: FaultyProxy?
        let scene: RevocationScene
        let verifier: VerifierService

        init(
            _ language: Language, throughProxy: Bool = false, configuration: [String: String] = [:]
        ) async throws {
            folder = try TemporaryFolder()
            port = try ServerProcess.freePort()
            proxy = throughProxy ? try await FaultyProxy(upstream: port, log: folder) : nil
            issuer = proxy?.issuer ?? "http://localhost:\(port)"
            server = try await ServerProcess(
                folder: folder, port: port, issuer: issuer, configuration: configuration)
            scene = try await RevocationScene(server.http, folder: folder, audience: VerifierService.audience)
            verifier = try await VerifierService(language, issuer: issuer, log: folder)
        }

        /// Two tokens, one of which is revoked and refused by the service for that.
        func revokeOneOfTwo() async throws -> (dead: String, live: String) {
            let (dead, live) = (try scene.token(.victim), try scene.token(.stranger))
            try await RevocationCause.kindSession.perform(on: scene)
            #expect(try await verifier.judge(dead, until: "revoked") == "revoked")
            return (dead, live)
        }

        /// Signs in again on a server that was started again.
        func freshToken(_ server: ServerProcess) async throws -> String {
            let login = try await server.http.post(
                "/api/v1/login",
                json: ["username": "bob", "password": .string(TestServer.password), "client_id": "spa"])
            return try #require(login["access_token"], "\(login.text)")
        }
    }

    @Test(arguments: Language.allCases)
    func `what the server says against a request stands in the log`(language: Language) async throws {
        let stage = try await Stage(language)
        let reason = try #require(try await stage.verifier.failure(query: "consumer=my%20orders"))
        #expect(reason.contains("answered with status 400: The parameter consumer must be at most 64"), "\(reason)")
    }

    @Test(arguments: Language.allCases)
    func `a server that refuses every long poll is polled, and revocations arrive`(language: Language) async throws {
        let short = ["LATCHKEY_REVOCATIONS_NEXT_UPDATE": "1s", "LATCHKEY_REVOCATIONS_EXPIRES_IN": "5s"]
        let stage = try await Stage(language, throughProxy: true, configuration: short)
        let proxy = try #require(stage.proxy)
        let (dead, live) = (try stage.scene.token(.victim), try stage.scene.token(.stranger))
        try await proxy.set("no-waits")
        // By then the list would have been stale three times over, however slow the machine is.
        try await eventually("twenty polls and three waits") {
            let polls = try await proxy.polls()
            return polls.plain >= 20 && polls.waits >= 3
        }
        #expect(try await stage.verifier.judge(live, until: "ok") == "ok")
        try await RevocationCause.kindSession.perform(on: stage.scene)
        #expect(try await stage.verifier.judge(dead, until: "revoked") == "revoked")
    }

    @Test(arguments: Language.allCases)
    func `a stale list is nobody's fault, and what is bad for itself is refused all the same`(language: Language)
        async throws
    {
        let stage = try await Stage(language)
        let (dead, live) = try await stage.revokeOneOfTwo()
        #expect(try await stage.server.terminate() == 0)
        try await stage.verifier.moveClock(62)
        let unsure = try await stage.verifier.answer(live)
        #expect(unsure.status == 503 && unsure["reason"] == "list_stale" && unsure[field: "Retry-After"] == "5")
        #expect(try await stage.verifier.answer(dead).status == 401)
        #expect(try await stage.verifier.answer("junk").status == 401)
        let allowed = "ALLOW_WHEN_STALE"
        #expect(try await stage.verifier.judge(live, policy: allowed) == "ok")
        #expect(try await stage.verifier.judge(dead, policy: allowed) == "revoked")
        #expect(try await stage.verifier.judge(String(live.dropLast(4)) + "AAAA", policy: allowed) == "bad_signature")
        #expect(try await stage.verifier.judge(live) == "list_stale", "a policy is for one call")
        // A token that has expired is that first.
        try await stage.verifier.moveClock(4000)
        #expect(try await stage.verifier.answer(live).status == 401)
    }

    @Test(arguments: Language.allCases)
    func `the message names what was got and what was expected, and never the token`(language: Language) async throws {
        let stage = try await Stage(language)
        let live = try stage.scene.token(.stranger)
        let elsewhere = try await VerifierService(
            language, issuer: stage.issuer, log: stage.folder, audience: "https://billing.example")
        let detail = try #require(try await elsewhere.answer(live)["detail"]).replacing("\"", with: "'")
        #expect(detail == "wrong_audience: aud is ['https://orders.example'], expected 'https://billing.example'")
        let unknown = try #require(try await stage.verifier.answer(try Self.renamed(live, key: 7))["detail"])
        #expect(unknown.replacing("\"", with: "'").hasPrefix("unknown_key: kid is 'AAAA"))
        let parts = live.split(separator: ".").map(String.init)
        for (header, expected) in [
            (#"{"alg":"ES256","typ":"JWT","kid":"x"}"#, "wrong_type: typ is 'JWT', expected at+jwt"),
            (#"{"alg":"ES256","typ":"at+jwt"}"#, "unknown_key: kid is missing"),
            (#"{"alg":"none","typ":"at+jwt","kid":"KID"}"#, "algorithm_not_allowed: alg is 'none', expected ES256"),
        ] {
            let kid = try PollingReader.keyID(live)
            let changed = Base64URL.string(Array(header.replacing("KID", with: kid).utf8))
            let detail = try #require(try await stage.verifier.answer("\(changed).\(parts[1]).\(parts[2])")["detail"])
            #expect(detail.replacing("\"", with: "'").hasPrefix(expected), "\(detail)")
            #expect(!detail.contains(parts[1]) && !detail.contains(parts[2]))
        }
    }

    @Test(arguments: Language.allCases)
    func `keys and list may come from another address than the issuer's name`(language: Language) async throws {
        let stage = try await Stage(language)
        let inside = "http://127.0.0.1:\(stage.port)"
        let verifier = try await VerifierService(language, issuer: stage.issuer, log: stage.folder, server: inside)
        #expect(try await verifier.judge(try stage.scene.token(.stranger)) == "ok")
        let failure = await #expect(throws: ChildProcess.Failure.self) {
            try await VerifierService(language, issuer: inside, log: stage.folder)
        }
        #expect(
            try #require(failure?.description).replacing("\"", with: "'").contains(
                "wrong_issuer: the list's iss is '\(stage.issuer)', expected '\(inside)'"))
    }

    @Test(arguments: RevocationCause.allCases)
    func `what revokes at the server is refused by the services, the rest is not`(cause: RevocationCause) async throws {
        let stage = try await Stage(.python)
        let others = Language.allCases.filter { $0 != .python }
        var services = [stage.verifier]
        for language in others {
            services.append(try await VerifierService(language, issuer: stage.issuer, log: stage.folder))
        }
        for service in services {
            for holder in RevocationScene.Holder.allCases {
                #expect(try await service.judge(try stage.scene.token(holder)) == "ok", "\(holder)")
            }
        }
        try await cause.perform(on: stage.scene)
        // A withdrawn key goes from the key set, too, at about the same time.
        let refusals: Set = cause.kind == .key ? ["revoked", "unknown_key"] : ["revoked"]
        for service in services {
            let verdict = try await service.judge(try stage.scene.token(.victim), until: refusals)
            #expect(refusals.contains(verdict), "\(verdict)")
            for holder in RevocationScene.Holder.allCases {
                let expected = cause.mustDie.contains(holder) ? refusals : ["ok"]
                let verdict = try await service.judge(try stage.scene.token(holder))
                #expect(expected.contains(verdict), "\(holder): \(verdict)")
            }
        }
        guard cause.leavesSession else { return }
        let renewed = try await stage.scene.refresh(stage.scene.refreshToken)
        let next = try #require(renewed["access_token"], "\(renewed.text)")
        for service in services { #expect(try await service.judge(next, until: "ok") == "ok") }
    }

    @Test(arguments: Language.allCases)
    func `the signed list brings revocations too`(language: Language) async throws {
        let stage = try await Stage(language)
        let signed = try await VerifierService(
            language, issuer: stage.issuer, log: stage.folder, environment: ["SIGNED_LIST": "yes"])
        let (dead, live) = (try stage.scene.token(.victim), try stage.scene.token(.stranger))
        #expect(try await signed.judge(dead) == "ok")
        try await RevocationCause.kindSession.perform(on: stage.scene)
        #expect(try await signed.judge(dead, until: "revoked") == "revoked")
        #expect(try await signed.judge(live) == "ok")
        #expect(try await stage.server.terminate() == 0)
        try await signed.moveClock(62)
        #expect(try await signed.judge(live) == "list_stale")
        #expect(try await signed.judge(dead) == "revoked")
    }

    @Test(arguments: Language.allCases)
    func `with the server stopped the list is good for expires_in, then nothing is accepted`(language: Language)
        async throws
    {
        let stage = try await Stage(language)
        let (dead, live) = try await stage.revokeOneOfTwo()
        #expect(try await stage.server.terminate() == 0)
        #expect(try await stage.verifier.judge(live) == "ok")
        #expect(try await stage.verifier.judge(dead) == "revoked")
        try await stage.verifier.moveClock(62)
        #expect(try await stage.verifier.judge(live) == "list_stale")
        #expect(try await stage.verifier.judge(dead) == "revoked")
        try await stage.verifier.moveClock(-200)
        #expect(try await stage.verifier.judge(live) == "issued_in_future", "a clock that was set back hides no age")
        try await stage.verifier.moveClock(0)
        #expect(try await stage.verifier.judge(live) == "ok")
        #expect(try await stage.verifier.judge(dead) == "revoked")
    }

    @Test(arguments: Language.allCases)
    func `a server that comes back with a new epoch is believed again, and nothing is forgotten`(language: Language)
        async throws
    {
        let short = ["LATCHKEY_REVOCATIONS_EXPIRES_IN": "5s", "LATCHKEY_REVOCATIONS_NEXT_UPDATE": "1s"]
        let stage = try await Stage(language, configuration: short)
        let (dead, live) = try await stage.revokeOneOfTwo()
        let epoch = try await stage.server.http.get("/revocations")["epoch"]
        #expect(try await stage.server.terminate() == 0)
        #expect(try await stage.verifier.judge(live, until: "list_stale") == "list_stale")

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

    @Test(arguments: Language.allCases)
    func `made-up key names cost the server one fetch at most`(language: Language) async throws {
        let stage = try await Stage(language, throughProxy: true)
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

    @Test(arguments: Language.allCases, ["html", "not-modified", "redirect", "truncated"])
    func `a proxy that answers something else neither revives nor refreshes`(
        language: Language, fault: String
    ) async throws {
        let stage = try await Stage(language, throughProxy: true)
        let proxy = try #require(stage.proxy)
        let (dead, live) = try await stage.revokeOneOfTwo()
        try await proxy.set(fault)
        #expect(try await !stage.verifier.fetches())
        #expect(try await stage.verifier.judge(live) == "ok")
        #expect(try await stage.verifier.judge(dead) == "revoked")
        // Ends the poll that was already waiting, and lets the next ones meet the fault.
        #expect(try await stage.scene.revoke(["kind": "client", "id": "app"]).status == 201)
        try await stage.verifier.moveClock(90)
        // The poll that was under way may still have brought the revocation.
        #expect(["list_stale", "revoked"].contains(try await stage.verifier.judge(live)))
        try await stage.verifier.moveClock(0)
        try await proxy.set("pass")
        #expect(try await stage.verifier.judge(live, until: "revoked") == "revoked")
    }

    @Test(arguments: Language.allCases)
    func `a proxy that drips is given up`(language: Language) async throws {
        let stage = try await Stage(language, throughProxy: true)
        let proxy = try #require(stage.proxy)
        #expect(try await stage.verifier.fetches())
        try await proxy.set("drip")
        #expect(try await !stage.verifier.fetches())
    }

    @Test(arguments: Language.allCases)
    func `a service does not start on another issuer's list or on none`(language: Language) async throws {
        let stage = try await Stage(language)
        let folder = stage.folder
        let port = try ServerProcess.freePort()
        for issuer in ["http://127.0.0.1:\(stage.port)", "http://localhost:\(port)"] {
            await #expect(throws: ChildProcess.Failure.self) {
                try await VerifierService(language, issuer: issuer, log: folder)
            }
        }
    }
}
