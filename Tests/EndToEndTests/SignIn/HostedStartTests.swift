import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// `/start` and `/callback` of an application without a login page of its own: an ordinary client of the authorization
/// endpoint.
struct HostedStartTests {
    private static let start = "/start?client_id=web&return_to=%2Freports%3Fyear%3D2026"

    @Test func `an application without a login page gets the hosted one, and single sign-on`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addUser("grace")
            try await server.addWebClient(loginURI: nil)
            _ = try await server.services.clients.update(try #require(ClientID("web")), actor: .operator) {
                $0.consent = .never
            }
            let scene = SignInScene(server)
            let pages = scene.browser()
            for round in 0..<2 {
                // The application's host has cookies of its own.
                let application = scene.browser()
                let started = try await application.get(Self.start)
                #expect(started.status == 303)
                let location = try #require(started[field: "Location"])
                #expect(location.hasPrefix(SignInScene.issuer + "/oauth2/authorize?"))
                var answer = try await pages.get(location)
                if round == 0 { answer = try await pages.submit(try ShownPage(answer), SignInScene.typed()) }
                let delivered = try #require(DeliveredAnswer(answer))
                #expect(delivered.way == (round == 0 ? .refresh : .redirect))
                #expect(delivered.url.hasPrefix(TestServer.callback + "?"))
                let query = try #require(delivered.url.split(separator: "?").last)
                // In another browser the code is worth nothing.
                let stranger = try await scene.browser().get("/callback?\(query)")
                #expect(stranger.status >= 400 && stranger.status < 500)
                let done = try await application.get("/callback?\(query)")
                #expect(done.status == 303 && done[field: "Location"] == "/reports?year=2026", "\(done.text)")
                let session = try #require(done.cookie("latchkey_dev_session"))
                #expect(try await server.session(session).status == 200)
                // Nor can a program redeem it: it has no verifier.
                let token = try await scene.redeem(delivered.code, redirectURI: TestServer.callback)
                #expect(token.status >= 400)
            }
        }
    }

    @Test func `Cancel and errors come back to the application's host`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addWebClient(loginURI: nil)
            let scene = SignInScene(server)
            let pages = scene.browser()
            let application = scene.browser()
            let location = try #require(try await application.get(Self.start)[field: "Location"])
            let consent = try ShownPage(
                try await pages.submit(try ShownPage(try await pages.get(location)), SignInScene.typed()))
            let denied = try #require(DeliveredAnswer(try await pages.submit(consent, decision: "deny")))
            #expect(denied.error == "access_denied")
            let query = try #require(denied.url.split(separator: "?").last)
            let answer = try await application.get("/callback?\(query)")
            #expect((400...499).contains(answer.status), "\(answer.status) \(answer.text)")
            #expect(answer.cookie("latchkey_dev_session") == nil)
        }
    }
}
