import Crypto
import Foundation
import HTTPTypes
import LatchkeyHTTP
import LatchkeyPages
import NIOCore
import Testing

/// What browsers are told with each page.
struct PageResponseTests {
    private static let refresh = HTTPField.Name("Refresh") ?? .location
    private let renderer: PageRenderer

    init() throws { renderer = try PageRenderer(branding: Branding(name: "Example")) }

    private func response(_ name: String, _ language: Language = .english) throws -> Response {
        let sample = try #require(SamplePages.all().first { $0.name == name })
        return renderer.response(sample.page, sample.setting(language), status: .ok)
    }

    @Test func `Every page has the headers of its kind, each once`() throws {
        let own =
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
            + "trusted-types latchkey"
        for sample in SamplePages.all() where sample.name != "continue-post" {
            let headers = renderer.response(sample.page, sample.setting(.german), status: .ok).headers
            let isAccount = ["sessions", "applications", "profile"].contains { sample.name.hasPrefix($0) }
            let expected: [String: String?] = [
                "Content-Type": "text/html; charset=utf-8",
                "Content-Language": "de",
                "Cache-Control": "no-store",
                "Content-Security-Policy": own,
                "Referrer-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin",
                "Cross-Origin-Opener-Policy": isAccount ? "same-origin" : nil,
                "Permissions-Policy": "publickey-credentials-get=(self), publickey-credentials-create=(self)",
            ]
            for (name, value) in expected {
                let name = try #require(HTTPField.Name(name))
                #expect(headers[values: name] == (value.map { [$0] } ?? []), "\(sample.name): \(name)")
            }
        }
    }

    @Test func `A page that posts itself names its script and no form target`() throws {
        let response = try response("continue-post")
        let policy = try #require(response.headers[.contentSecurityPolicy])
        #expect(
            !policy.contains("form-action") && policy.contains("script-src 'sha256-") && !policy.contains("'self' 'sha")
        )
        #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
        #expect(response.headers[Self.refresh] == nil)
        let document = try PageDocument(String(buffer: response.body))
        let digest = SHA256.hash(data: Data(try #require(document.all("script").first).text.utf8))
        #expect(policy.contains("script-src 'sha256-\(Data(digest).base64EncodedString())'"))
        let form = try #require(document.all("form").first)
        #expect(form["action"] == SamplePages.callback.text && form["method"] == "post")
        #expect(document.all("input").map { $0["name"] } == ["code", "state"])
        #expect(document.all("button").count == 1)
    }

    @Test func `A page that opens by itself says where, in the head as long as it fits`() throws {
        let short = try response("continue")
        #expect(short.headers[values: Self.refresh] == ["0; url=\(SamplePages.callback.text)"])
        #expect(try PageDocument(String(buffer: short.body)).all("meta").allSatisfy { $0["http-equiv"] == nil })

        let long = try response("continue-long")
        #expect(long.headers[Self.refresh] == nil)
        let meta = try PageDocument(String(buffer: long.body)).all("meta").filter { $0["http-equiv"] == "refresh" }
        #expect(
            meta.count == 1 && meta[0]["content"]?.hasPrefix("0; url=https://orders.example.com/?state=sss") ?? false)
    }

    @Test func `An app opens by a click only, and the link of a refresh is hidden at first`() throws {
        let app = try response("continue-app")
        #expect(app.headers[Self.refresh] == nil)
        let link = try #require(try PageDocument(String(buffer: app.body)).all("a").first { $0["id"] == "continue" })
        #expect(link["href"] == "com.example.photoframe:/callback?code=abc" && !link.path.contains("form"))
        #expect(String(buffer: app.body).contains("class=\"later\"") == false)
        #expect(String(buffer: try response("continue").body).contains("class=\"later\""))
    }

    @Test func `Further fields are added, and none is doubled`() throws {
        let page = ErrorPage(.busy, requestID: "1")
        let response = renderer.response(
            page, PageSetting(.english), status: .serviceUnavailable, extra: [.retryAfter: "5"])
        #expect(response.status == .serviceUnavailable && response.headers[.retryAfter] == "5")
        let names = response.headers.map(\.name.canonicalName)
        #expect(Set(names).count == names.count)
    }

    @Test func `A page with its style sheet is small, and offers no other host anything`() throws {
        let style = try #require(Gzip.compress(Array(renderer.files.styleSheetText.utf8)))
        for sample in SamplePages.all() where sample.name != "continue-long" {
            for language in Language.allCases {
                let html = sample.html(renderer, language)
                let page = try #require(Gzip.compress(Array(html.utf8)))
                #expect(page.count + style.count <= 12 * 1024, "\(sample.name)")
                let document = try PageDocument(html)
                let loaded =
                    document.all("link").map { $0["href"] } + document.all("script").map { $0["src"] }
                    + document.all("img").map { $0["src"] }
                #expect(loaded.compactMap { $0 }.allSatisfy { $0.hasPrefix("/pages/") }, "\(sample.name)")
            }
        }
    }

    @Test func `The links to other languages keep the query, and answers of forms have none`() throws {
        let get = try PageDocument(String(buffer: try response("signin").body))
        let links = get.all("a").filter { $0["hreflang"] != nil }
        #expect(links.map { $0["href"] } == ["/oauth2/authorize?client_id=orders&state=x&ui_locales=de"])
        let post = try PageDocument(String(buffer: try response("signin-wrong").body))
        #expect(post.all("a").allSatisfy { $0["hreflang"] == nil })
    }

    @Test func `The sign-in form is what password managers know`() throws {
        let document = try PageDocument(String(buffer: try response("signin").body))
        let name = try #require(document.all("input").first { $0["name"] == "username" })
        let password = try #require(document.all("input").first { $0["name"] == "password" })
        #expect(name["autocomplete"] == "username webauthn" && name["type"] == "text")
        #expect(name["autocapitalize"] == "none" && name["spellcheck"] == "false")
        #expect(password["autocomplete"] == "current-password" && password["id"] == "current-password")
        #expect(password["value"] == nil && password["maxlength"] == nil && name["maxlength"] == nil)
        let form = try #require(document.all("form").first)
        #expect(form["action"] == PagePath.password && form["novalidate"] != nil)
        let show = try #require(document.all("button").first { $0["type"] == "button" })
        #expect(show["hidden"] != nil && show["aria-controls"] == "current-password")
        #expect(document.all("button").filter { $0["type"] == "submit" }.map(\.text) == ["Sign in"])
    }

    @Test func `After a refusal the name stays and the password does not`() throws {
        let document = try PageDocument(String(buffer: try response("signin-wrong").body))
        #expect(document.all("input").first { $0["name"] == "username" }?["value"] == "ada")
        #expect(document.all("input").first { $0["name"] == "password" }?["value"] == nil)
    }

    @Test func `The new password's page carries the user name and says the rule before the field`() throws {
        let document = try PageDocument(String(buffer: try response("new-password").body))
        let names = document.all("input").map { $0["name"] ?? "" }
        #expect(names.suffix(2) == ["username", "new_password"])
        let name = try #require(document.all("input").first { $0["name"] == "username" })
        #expect(name["readonly"] != nil && name["autocomplete"] == "username" && name["value"] == "ada")
        let password = try #require(document.all("input").first { $0["name"] == "new_password" })
        #expect(password["autocomplete"] == "new-password" && password["passwordrules"] == "minlength: 15;")
        #expect(document.elements.first { $0["id"] == "new-password-hint" }?.text.contains("15 characters") ?? false)
    }

    @Test(arguments: [
        ("consent", ["allow", "deny", "another"]), ("account-choice", ["continue", "another"]),
        ("confirm-app", ["continue", "deny", "another"]), ("logout", ["continue", "deny"]),
    ])
    func `A question has one button an answer`(name: String, answers: [String]) throws {
        let document = try PageDocument(String(buffer: try response(name).body))
        let buttons = document.all("button").filter { $0["name"] == "decision" }
        #expect(buttons.map { $0["value"] } == answers)
        #expect(buttons.allSatisfy { $0["type"] == "submit" && $0["disabled"] == nil && $0["autofocus"] == nil })
    }

    @Test func `A consent shows the registered name, the host, and who is not one of ours`() throws {
        let document = try PageDocument(String(buffer: try response("consent").body))
        let main = try #require(document.all("main").first)
        #expect(document.all("h1")[0].text == "Allow Photo Frame?")
        for text in [
            "photoframe.example.net", "Made by somebody else", "ada@example.com", "offline_access", "29 Nov 2026",
        ] {
            #expect(main.text.contains(text))
        }
        #expect(!String(buffer: try response("consent-all").body).contains("Made by somebody else"))
    }

    @Test func `This browser comes first, and only others can be signed out`() throws {
        let document = try PageDocument(String(buffer: try response("sessions").body))
        #expect(document.all("h2")[0].text.contains("this browser"))
        let forms = document.all("form").map { $0["action"] }
        #expect(forms.filter { $0 == PagePath.endSession }.count == 2)
        #expect(forms.filter { $0 == PagePath.renameSession }.count == 3)
        #expect(forms.filter { $0 == PagePath.endOtherSessions }.count == 1)
        let ended = document.all("input").filter { $0["name"] == "sid" && !$0.path.contains("details") }
        #expect(ended.count == 2 && ended.allSatisfy { !($0["value"]?.hasSuffix("1") ?? true) })
        #expect(
            try PageDocument(String(buffer: try response("sessions-one").body)).all("form")
                .allSatisfy { $0["action"] == PagePath.renameSession })
    }
}
