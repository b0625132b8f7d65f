import LatchkeyPages
import LatchkeyTokens

/// Every page in every state that looks different, for tests that look at all of them.
enum SamplePages {
    /// Instants of all samples: the pictures of two runs are equal.
    static let noon = Timestamp(seconds: 1_795_953_727)

    struct Sample {
        let name: String
        let page: any Page
        /// Whether it answers a `GET`, and so offers other languages.
        let isGet: Bool
    }

    /// - Parameter text: makes each value that strangers choose out of a harmless one.
    static func all(_ text: (String) -> String = { $0 }) -> [Sample] {
        signIn(text) + questions(text) + endings(text) + errors(text) + account(text)
    }

    static let callback = link(
        "https://orders.example.com/callback?code=abc&state=x&iss=https://id.example")

    static func link(_ text: String) -> Link {
        guard let link = Link(redirect: text) else { preconditionFailure("\(text) is no address") }
        return link
    }

    static func client(_ text: (String) -> String, isFirstParty: Bool = true) -> ShownClient {
        ShownClient(
            name: text(isFirstParty ? "Orders" : "Photo Frame"),
            host: text(isFirstParty ? "orders.example.com" : "photoframe.example.net"), isFirstParty: isFirstParty,
            home: Link(web: "https://orders.example.com/"))
    }

    static func fields(_ text: (String) -> String) -> [HiddenField] {
        [
            HiddenField("client_id", text("orders")), HiddenField("state", text("af0ifjsldkj")),
            HiddenField("scope", text("openid profile")), HiddenField("seal", "c2VhbGVk"),
        ]
    }

    private static func signIn(_ text: (String) -> String) -> [Sample] {
        let fields = fields(text)
        let troubles: [(String, SignInPage.Trouble?)] = [
            ("", nil), ("-wrong", .wrong), ("-missing", .missing(name: true, password: true)),
            ("-no-password", .missing(name: false, password: true)), ("-expired", .form(.expired)),
            ("-no-cookie", .form(.noCookie)), ("-many", .form(.tooManyAttempts(40))),
            ("-many-minutes", .form(.tooManyAttempts(600))), ("-busy", .form(.busy)),
        ]
        let pages = troubles.map { name, trouble in
            Sample(
                name: "signin\(name)",
                page: SignInPage(
                    client: client(text), username: trouble == nil ? "" : text("ada"), trouble: trouble,
                    takesAddress: trouble == nil, fields: fields), isGet: trouble == nil)
        }
        let server = ShownClient(name: text("Example"), host: nil, isFirstParty: true)
        let own = SignInPage(client: server, username: text("ada"), stay: nil, fields: fields)
        let foreign = SignInPage(client: client(text, isFirstParty: false), stay: true, fields: fields)
        let passwords: [(String, NewPasswordPage.Trouble?)] = [
            ("", nil), ("-missing", .missing), ("-short", .tooShort), ("-long", .tooLong), ("-common", .common),
            ("-name", .isName), ("-same", .same), ("-expired", .form(.expired)),
        ]
        return pages + [
            Sample(name: "signin-own", page: own, isGet: true),
            Sample(name: "signin-foreign", page: foreign, isGet: true),
        ]
            + passwords.map { name, trouble in
                Sample(
                    name: "new-password\(name)",
                    page: NewPasswordPage(
                        client: client(text), username: text("ada"), minimumLength: 15, trouble: trouble,
                        fields: fields), isGet: false)
            }
    }

    static func scopes(_ text: (String) -> String) -> [ConsentPage.Request] {
        [
            .init("openid"), .init("profile", value: text("Ada Lovelace")), .init("profile"),
            .init("email", value: text("ada@example.com")), .init("email"), .init("address"), .init("phone"),
            .init("orders:read", sentence: text("Your orders of the last year")), .init(text("orders:write")),
            .init("offline_access"),
        ]
    }

    private static func questions(_ text: (String) -> String) -> [Sample] {
        let fields = fields(text)
        let consent = ConsentPage(
            client: client(text, isFirstParty: false), registered: noon,
            policyLink: Link(web: "https://photoframe.example.net/privacy"),
            termsLink: Link(web: "https://photoframe.example.net/terms"),
            scopes: [
                .init("openid"), .init("profile", value: text("Ada Lovelace")),
                .init("email", value: text("ada@example.com")), .init("offline_access"),
            ], username: text("ada"), fields: fields)
        var allScopes = consent
        allScopes.client = client(text)
        (allScopes.scopes, allScopes.registered, allScopes.policyLink, allScopes.termsLink) = (
            scopes(text), nil, nil, nil
        )
        allScopes.trouble = .expired
        var app = client(text, isFirstParty: false)
        app.host = text("com.example.photoframe")
        return [
            Sample(
                name: "account-choice",
                page: AccountChoicePage(
                    client: client(text), username: text("ada"), displayName: text("Ada Lovelace"), fields: fields),
                isGet: true),
            Sample(
                name: "account-choice-plain",
                page: AccountChoicePage(client: client(text), username: text("ada"), trouble: .expired, fields: fields),
                isGet: false),
            Sample(name: "consent", page: consent, isGet: true),
            Sample(name: "consent-all", page: allScopes, isGet: false),
            Sample(
                name: "confirm-app", page: ConfirmAppPage(client: app, username: text("ada"), fields: fields),
                isGet: true),
            Sample(
                name: "confirm-app-expired",
                page: ConfirmAppPage(client: app, username: text("ada"), trouble: .expired, fields: fields),
                isGet: false),
            Sample(
                name: "logout", page: LogoutQuestionPage(username: text("ada"), client: client(text), fields: fields),
                isGet: true),
            Sample(
                name: "logout-plain",
                page: LogoutQuestionPage(username: text("ada"), trouble: .expired, fields: fields), isGet: false),
        ]
    }

    private static func endings(_ text: (String) -> String) -> [Sample] {
        let long = link("https://orders.example.com/?state=" + String(repeating: "s", count: 3000))
        let ways: [(String, ContinuePage.Way)] = [
            ("continue", .refresh(callback)), ("continue-long", .refresh(long)),
            ("continue-app", .app(link("com.example.photoframe:/callback?code=abc"))),
            ("continue-post", .formPost(callback, [HiddenField("code", "abc"), HiddenField("state", text("x"))])),
        ]
        return ways.map { name, way in
            Sample(name: name, page: ContinuePage(clientName: text("Orders"), way: way), isGet: false)
        } + [
            Sample(name: "signed-in", page: SignedInAlreadyPage(client: client(text)), isGet: false),
            Sample(
                name: "signed-out", page: SignedOutPage(serverName: text("Example"), client: client(text)),
                isGet: true),
            Sample(name: "signed-out-plain", page: SignedOutPage(serverName: text("Example")), isGet: true),
            Sample(name: "start-again", page: StartAgainPage(.openedDirectly), isGet: true),
            Sample(name: "start-again-old", page: StartAgainPage(.tooOld, client: client(text)), isGet: false),
        ]
    }

    private static func errors(_ text: (String) -> String) -> [Sample] {
        ErrorPage.Cause.allCases.map { cause in
            Sample(
                name: "error-\(cause)",
                page: ErrorPage(
                    cause, requestID: "5f3a9c0e1b2d4f68", wait: cause == .tooManyAttempts ? 1 : nil,
                    detail: cause == .request ? text("The parameter response_type is missing.") : nil,
                    client: cause == .request ? client(text) : nil), isGet: true)
        }
    }

    static func session(_ text: (String) -> String, _ id: String) -> SessionsPage.Entry {
        SessionsPage.Entry(
            id: id, userAgent: text("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"),
            applications: [text("Orders"), text("Wiki")], network: text("203.0.113.9"), begun: noon, lastActive: noon,
            ends: noon + .seconds(86_400 * 7), methods: [.password])
    }

    private static func account(_ text: (String) -> String) -> [Sample] {
        let frame = AccountFrame(username: text("ada"), fields: [HiddenField("seal", text("c2VhbGVk"))])
        var noticed = frame
        noticed.notice = .othersEnded(2)
        noticed.heard = (2, 3)
        var troubled = frame
        troubled.trouble = .expired
        var here = session(text, "0199c2f0-1111-7abc-8def-000000000001")
        here.isThisBrowser = true
        var phone = session(text, "0199c2f0-1111-7abc-8def-000000000002")
        (phone.givenName, phone.methods) = (
            text("Orders app on my telephone"), [.password, .code, .passkey, .recoveryCode]
        )
        var bare = session(text, "0199c2f0-1111-7abc-8def-000000000003")
        (bare.userAgent, bare.applications, bare.network, bare.lastActive, bare.ends) = (nil, [], nil, nil, nil)
        bare.methods = []
        let sessions = SessionsPage(frame: frame, entries: [phone, here, bare], nextQuery: "cursor=abc")
        var renaming = SessionsPage(
            frame: frame, entries: [phone, here, bare], refusedName: .init(id: phone.id, text: text("a too long name")))
        renaming.frame.notice = nil
        return [
            Sample(name: "sessions", page: sessions, isGet: true),
            Sample(name: "sessions-one", page: SessionsPage(frame: noticed, entries: [here]), isGet: true),
            Sample(name: "sessions-rename", page: renaming, isGet: false),
            Sample(name: "sessions-expired", page: SessionsPage(frame: troubled, entries: [here]), isGet: false),
        ] + otherAccount(text, frame)
    }

    private static func otherAccount(_ text: (String) -> String, _ frame: AccountFrame) -> [Sample] {
        let entries = [
            ApplicationsPage.Entry(
                clientID: text("photo-frame"), client: client(text, isFirstParty: false), since: noon, lastUsed: noon,
                scopes: scopes(text)),
            ApplicationsPage.Entry(
                clientID: text("orders"), client: client(text), since: noon, lastUsed: nil, scopes: []),
        ]
        let notices: [(String, AccountFrame.Notice)] = [
            ("removed", .removed(text("Photo Frame"))), ("ended", .sessionEnded), ("renamed", .renamed),
            ("saved", .saved),
        ]
        return [
            Sample(name: "applications", page: ApplicationsPage(frame: frame, entries: entries), isGet: true),
            Sample(name: "applications-none", page: ApplicationsPage(frame: frame, entries: []), isGet: true),
            Sample(
                name: "profile",
                page: ProfilePage(
                    frame: frame, email: text("ada@example.com"), isEmailVerified: true,
                    displayName: text("Ada Lovelace"), locale: text("en-GB"), zone: text("Europe/London")), isGet: true),
            Sample(
                name: "profile-refused",
                page: ProfilePage(
                    frame: frame, email: text("ada@example.com"), isEmailVerified: false, displayName: text("Ada"),
                    locale: text("English"), zone: text("London"), refused: [.displayName, .locale, .zone]),
                isGet: false),
        ]
            + notices.map { name, notice in
                var noticed = frame
                noticed.notice = notice
                return Sample(
                    name: "profile-\(name)",
                    page: ProfilePage(
                        frame: noticed, email: nil, isEmailVerified: false, displayName: "", locale: "", zone: ""),
                    isGet: true)
            }
    }
}

extension SamplePages.Sample {
    /// The page as it is answered to a `GET` or to a form.
    func html(
        _ renderer: PageRenderer, _ language: Language, missing: (@Sendable (String) -> Void)? = nil
    ) -> String {
        renderer.html(page, setting(language), missing: missing)
    }

    func setting(_ language: Language) -> PageSetting {
        isGet
            ? PageSetting(language, path: PagePath.authorize, query: "client_id=orders&state=x") : PageSetting(language)
    }
}
