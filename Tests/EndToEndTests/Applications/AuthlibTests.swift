import LatchkeyCore
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

/// Authlib in a Flask application, as its documentation says.
@Suite(.enabled(if: ApplicationPackages.mayRun(.python), "\(ApplicationPackages.whereFrom)"))
struct AuthlibTests {
    private func application(
        at issuer: Issuer, kind: ClientKind = .confidential, environment: [String: String] = [:],
        fill: @Sendable (inout ClientSettings) -> Void = { _ in }
    ) async throws -> ApplicationProcess {
        try await .python(
            "authlib_client.py", at: issuer, kind: kind, callback: "/callback", left: "/left",
            environment: environment, fill: fill)
    }

    @Test func `a user signs in with code and PKCE, and the application gets an ID token and UserInfo`() async throws {
        try await Issuer.with { issuer in
            let application = try await application(at: issuer)
            let browser = issuer.browser()
            let form = try await browser.go(.open(application.origin + "/login"))
            #expect(form.fields?.contains("password") == true)
            let page = try await browser.go(.signIn())
            #expect(page.url == application.origin + "/", "\(page.way)\n\(application.tail)")
            let claims = try #require(page.json.object?["user"]?.object)
            #expect(claims["iss"]?.string == issuer.url)
            #expect(claims["nonce"]?.string != nil)
            #expect(claims["auth_time"]?.integer != nil)
            let info = try await browser.go(.open(application.origin + "/userinfo"))
            #expect(info["sub"] == claims["sub"]?.string)
            #expect(info["preferred_username"] == "ada")
        }
    }

    @Test func `it refreshes, introspects and revokes`() async throws {
        try await Issuer.with { issuer in
            let application = try await application(at: issuer)
            let browser = issuer.browser()
            let page = try await browser.go(.open(application.origin + "/login"), .signIn())
            let before = try #require(page.json.object?["user"]?.object)
            let refreshed = try await browser.go(.open(application.origin + "/refresh")).json.object
            #expect(refreshed?["renewed"]?.bool == true && refreshed?["rotated"]?.bool == true)
            let claims = try #require(refreshed?["claims"]?.object, "\(application.tail)")
            for name in ["iss", "sub", "auth_time", "sid"] { #expect(claims[name] == before[name], "\(name)") }
            #expect(claims["nonce"] == nil)

            let live = try await browser.go(.open(application.origin + "/introspect"))
            #expect(live.json.object?["active"]?.bool == true, "\(live.way)")
            #expect(live["sub"] == before["sub"]?.string)
            #expect(try await browser.go(.open(application.origin + "/revoke")).json.object?["status"]?.integer == 200)
            let dead = try await browser.go(.open(application.origin + "/introspect"))
            #expect(dead.json.object?["active"]?.bool == false)
            let refused = try await browser.go(.open(application.origin + "/refresh"))
            #expect(refused["error"] == "invalid_grant")
        }
    }

    @Test func `a public client signs in with PKCE alone, and on loopback not without a click`() async throws {
        try await Issuer.with { issuer in
            let application = try await application(at: issuer, kind: .public)
            let browser = issuer.browser()
            let page = try await browser.go(.open(application.origin + "/login"), .signIn())
            #expect(page.json.object?["user"]?.object?["sub"] != nil, "\(page.way)\n\(application.tail)")
            // Any program of this machine could be the one that asks now.
            let silent = try await browser.go(.open(application.origin + "/login?prompt=none"))
            #expect(silent["error"] == "interaction_required", "\(silent.way)")
            let question = try await browser.go(.open(application.origin + "/login"))
            #expect(question.url?.hasPrefix(issuer.url) == true, "\(question.way)")
            #expect(question.fields?.contains("password") == false)
            let again = try await browser.go(.press("decision=continue"))
            #expect(again.url == application.origin + "/", "\(again.way)")
        }
    }

    @Test func `the answer comes as a form where the client asks for that`() async throws {
        try await Issuer.with { issuer in
            let application = try await application(at: issuer, environment: ["RESPONSE_MODE": "form_post"])
            let page = try await issuer.browser().go(.open(application.origin + "/login"), .signIn())
            #expect(page.requests.contains { $0.method == "POST" && $0.url == application.origin + "/callback" })
            #expect(page.json.object?["user"]?.object?["sub"] != nil, "\(page.way)\n\(application.tail)")
        }
    }

    @Test func `a second application needs no password, and asks for it with prompt=login`() async throws {
        try await Issuer.with { issuer in
            let (first, second) = (try await application(at: issuer), try await application(at: issuer))
            let browser = issuer.browser()
            let one = try await browser.go(.open(first.origin + "/login"), .signIn())
            let two = try await browser.go(.open(second.origin + "/login"))
            #expect(two.url == second.origin + "/", "\(two.way)")
            let claims = [one, two].map { $0.json.object?["user"]?.object }
            #expect(claims[0]?["sub"] == claims[1]?["sub"] && claims[0]?["auth_time"] == claims[1]?["auth_time"])
            #expect(claims[0]?["sid"] != claims[1]?["sid"])

            let form = try await browser.go(.open(second.origin + "/login?prompt=login"))
            #expect(form.fields?.contains("password") == true, "\(form.way)")
            // Nothing has happened to the first one.
            let refreshed = try await browser.go(.open(first.origin + "/refresh"))
            #expect(refreshed.json.object?["renewed"]?.bool == true)
        }
    }

    @Test func `a silent request is answered without a page`() async throws {
        try await Issuer.with { issuer in
            let application = try await application(at: issuer)
            let browser = issuer.browser()
            let refused = try await browser.go(.open(application.origin + "/login?prompt=none"))
            #expect(refused["error"] == "login_required", "\(refused.way)")
            try await browser.go(.open(application.origin + "/login"), .signIn())
            let silent = try await browser.go(.open(application.origin + "/login?prompt=none"))
            #expect(silent.url == application.origin + "/", "\(silent.way)")
        }
    }

    @Test func `a client that asks for consent gets it once, or access_denied`() async throws {
        try await Issuer.with { issuer in
            let application = try await application(at: issuer) { $0.consent = .ask }
            let browser = issuer.browser()
            let question = try await browser.go(.open(application.origin + "/login"), .signIn())
            #expect(question.url?.hasPrefix(issuer.url) == true, "\(question.way)")
            let denied = try await browser.go(.press("decision=deny"))
            #expect(denied["error"] == "access_denied", "\(denied.way)")
            // Who cancels has not signed in.
            try await browser.go(.open(application.origin + "/login"), .signIn())
            let allowed = try await browser.go(.press("decision=allow"))
            #expect(allowed.url == application.origin + "/", "\(allowed.way)")
            let again = try await browser.go(.open(application.origin + "/login"))
            #expect(again.url == application.origin + "/", "\(again.way)")
        }
    }

    @Test func `signing out from one application ends the refresh tokens of all, at once`() async throws {
        try await Issuer.with { issuer in
            let (first, second) = (try await application(at: issuer), try await application(at: issuer))
            let browser = issuer.browser()
            try await browser.go(.open(first.origin + "/login"), .signIn(), .open(second.origin + "/login"))
            let left = try await browser.go(.open(first.origin + "/logout"))
            #expect(left.json.object?["left"]?.bool == true, "\(left.way)\n\(first.tail)")
            let refused = try await browser.go(.open(second.origin + "/refresh"))
            #expect(refused["error"] == "invalid_grant")
            let form = try await browser.go(.open(first.origin + "/login"))
            #expect(form.fields?.contains("password") == true, "\(form.way)")
        }
    }

    @Test func `offline_access outlives the sign-out`() async throws {
        try await Issuer.with { issuer in
            let scope = ["SCOPE": "openid offline_access"]
            let offline = try await application(at: issuer, environment: scope) {
                $0.scope = Scope("openid offline_access")
            }
            let other = try await application(at: issuer)
            let browser = issuer.browser()
            try await browser.go(.open(offline.origin + "/login"), .signIn(), .open(other.origin + "/login"))
            try await browser.go(.open(other.origin + "/logout"))
            let refreshed = try await browser.go(.open(offline.origin + "/refresh"))
            #expect(refreshed.json.object?["renewed"]?.bool == true, "\(refreshed.way)")
        }
    }
}
