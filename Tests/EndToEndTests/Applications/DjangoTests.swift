import LatchkeyCore
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

/// Sites on Django: django-allauth and mozilla-django-oidc.
@Suite(.enabled(if: ApplicationPackages.mayRun(.python), "\(ApplicationPackages.whereFrom)"))
struct DjangoTests {
    @Test func `django-allauth makes an account of a user who signs in, with a verified address`() async throws {
        try await Issuer.with { issuer in
            let site = try await ApplicationProcess.python(
                "django_allauth_site.py", at: issuer, callback: "/accounts/oidc/latchkey/login/callback/",
                arguments: [issuer.server.folder.file("allauth.db")])
            let page = try await issuer.browser().go(
                .open(site.origin + "/accounts/oidc/latchkey/login/"), .press("Continue"), .signIn())
            #expect(page["name"] == "ada", "\(page.way)\n\(site.tail)")
            #expect(page["email"] == Issuer.email)
            #expect(page.json.object?["verified"]?.bool == true)
            #expect(page["subject"]?.isEmpty == false)
        }
    }

    private func mozilla(
        at issuer: Issuer, pkce: Bool = true, renew: Int = 900
    ) async throws -> ApplicationProcess {
        var environment = ["RENEW": "\(renew)"]
        if pkce { environment["PKCE"] = "1" }
        return try await ApplicationProcess.python(
            "mozilla_django_site.py", at: issuer, callback: "/oidc/callback/", left: "/left",
            arguments: [issuer.server.folder.file("mozilla-\(renew).db")], environment: environment
        ) { $0.pkce = pkce ? .required : .optional }
    }

    @Test(arguments: [true, false])
    func `mozilla-django-oidc signs a user in and out, with and without PKCE`(pkce: Bool) async throws {
        try await Issuer.with { issuer in
            let site = try await mozilla(at: issuer, pkce: pkce)
            let browser = issuer.browser()
            let page = try await browser.go(.open(site.origin + "/me"), .signIn())
            #expect(page["email"] == Issuer.email, "\(page.way)\n\(site.tail)")
            let request = try #require(page.requests(to: "/oidc/callback/").first)
            #expect(request.url.contains("iss="))
            let left = try await browser.go(.open(site.origin + "/leave"), .press("Sign out"))
            #expect(left["said"] == "left", "\(left.way)")
            let form = try await browser.go(.open(site.origin + "/me"))
            #expect(form.fields?.contains("password") == true, "\(form.way)")
        }
    }

    @Test func `its silent renewal follows the session at the server`() async throws {
        try await Issuer.with { issuer in
            let site = try await mozilla(at: issuer, renew: 3)
            let other = try await ApplicationProcess.python(
                "authlib_client.py", at: issuer, callback: "/callback", left: "/left")
            let browser = issuer.browser()
            try await browser.go(.open(site.origin + "/me"), .signIn(), .open(other.origin + "/login"))
            try await eventually("a renewal without a page") {
                let page = try await browser.go(.open(site.origin + "/me"))
                #expect(page["email"] == Issuer.email, "\(page.way)")
                return page.requests.contains { $0.url.contains("prompt=none") }
            }
            let left = try await browser.go(.open(other.origin + "/logout"))
            try #require(left.json.object?["left"]?.bool == true, "\(left.way)")
            // The site asks silently, hears login_required, and signs its user out.
            try await eventually("the site has signed its user out") {
                let page = try await browser.go(.open(site.origin + "/me"))
                return page.requests.contains { $0.url.contains("error=login_required") }
            }
            let form = try await browser.go(.open(site.origin + "/me"))
            #expect(form.fields?.contains("password") == true, "\(form.way)")
        }
    }
}
