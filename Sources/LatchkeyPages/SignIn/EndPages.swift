/// There is nothing to do: a form that has done its work was sent again, by Back, reload or a second click, or the
/// person did not want to sign out.
package struct SignedInAlreadyPage: Page {
    package var client: ShownClient
    /// Whether a form was sent again.
    package var isAgain: Bool

    package init(client: ShownClient, isAgain: Bool = true) {
        self.client = client
        self.isAgain = isAgain
    }

    package static let template = PageTemplate.signedInAlready

    package func title(_ wording: Wording) -> String { wording.say(\.ending.signedIn) }

    package func values(_ wording: Wording) -> PageValues {
        PageValues([
            "goOn": .exact(wording.say(\.ending.signedInTo, client.name)),
            "continueTo": .exact(wording.say(\.common.continueTo, client.name)),
            "homeLink": .link(client.home),
            "isAgain": .flag(isAgain),
        ])
    }

    static let body = """
        <h1>{{t.ending.signedIn}}</h1>
        <p>{{#isAgain}}{{t.ending.signedInWhy}} {{/isAgain}}{{goOn}}</p>
        {{#homeLink}}
        <p><a class="btn go wide" id="continue" href="{{homeLink}}">{{continueTo}}</a></p>
        {{/homeLink}}
        """
}

/// After signing out, when no client wants the person back.
package struct SignedOutPage: Page {
    /// The client that asked, if one did.
    package var client: ShownClient?
    package var serverName: String

    package init(serverName: String, client: ShownClient? = nil) {
        self.serverName = serverName
        self.client = client
    }

    package static let template = PageTemplate.signedOut

    package func title(_ wording: Wording) -> String { wording.say(\.ending.signedOut) }

    package func values(_ wording: Wording) -> PageValues {
        PageValues([
            "why": .exact(wording.say(\.ending.signedOutWhy, serverName)),
            "backTo": .exact(client.map { wording.say(\.common.backTo, $0.name) }),
            "homeLink": .link(client?.home),
            "accountLink": .link(Link(page: PagePath.ownAccount)),
        ])
    }

    static let body = """
        <h1>{{t.ending.signedOut}}</h1>
        <p>{{why}}</p>
        {{#homeLink}}
        <p><a class="btn wide" id="back" href="{{homeLink}}">{{backTo}}</a></p>
        {{/homeLink}}
        <p><a class="btn wide" id="again" href="{{accountLink}}">{{t.ending.signInAgain}}</a></p>
        """
}

/// Whether to sign out, when nothing proves that the person wants it.
package struct LogoutQuestionPage: Page {
    package var client: ShownClient?
    package var username: String
    package var trouble: FormTrouble?
    package var fields: [HiddenField]

    package init(
        username: String, client: ShownClient? = nil, trouble: FormTrouble? = nil, fields: [HiddenField]
    ) {
        self.username = username
        self.client = client
        self.trouble = trouble
        self.fields = fields
    }

    package static let template = PageTemplate.logoutQuestion

    package func title(_ wording: Wording) -> String { wording.say(\.ending.logoutTitle) }

    package func complaint(_ wording: Wording) -> Complaint? { trouble.map { Complaint($0.text(wording)) } }

    package func values(_ wording: Wording) -> PageValues {
        PageValues([
            "asked": .exact(client.map { wording.say(\.ending.logoutFor, $0.name) }),
            "why": .exact(wording.say(\.ending.logoutWhy, username)),
            "hidden": fields.values,
        ])
    }

    static let body = """
        <h1>{{t.ending.logoutTitle}}</h1>
        <p>{{#asked}}{{asked}} {{/asked}}{{why}}</p>
        <form method="post" action="\(PagePath.logout)" id="logout-form">
        \(Layout.hidden)\
        <div class="pair">
        <button type="submit" class="go" id="continue" name="decision" value="continue">{{t.common.signOut}}</button>
        <button type="submit" id="deny" name="decision" value="deny">{{t.ending.stay}}</button>
        </div>
        </form>
        """
}

/// A step of a sign-in without its beginning: opened by its address, or too old, with nothing to resume.
package struct StartAgainPage: Page {
    package enum Reason: Sendable, Hashable { case openedDirectly, tooOld }

    package var reason: Reason
    package var client: ShownClient?

    package init(_ reason: Reason, client: ShownClient? = nil) {
        self.reason = reason
        self.client = client
    }

    package static let template = PageTemplate.startAgain

    package func title(_ wording: Wording) -> String { wording.say(\.ending.startTitle) }

    package func values(_ wording: Wording) -> PageValues {
        PageValues([
            "why": .exact(wording.say(reason == .tooOld ? \.ending.startOld : \.ending.startDirect)),
            "backTo": .exact(client.map { wording.say(\.common.backTo, $0.name) }),
            "homeLink": .link(client?.home),
            "accountLink": .link(Link(page: PagePath.ownAccount)),
        ])
    }

    static let body = """
        <h1>{{t.ending.startTitle}}</h1>
        <p>{{why}}</p>
        {{#homeLink}}
        <p><a class="btn go wide" id="back" href="{{homeLink}}">{{backTo}}</a></p>
        {{/homeLink}}
        {{^homeLink}}
        <p><a class="btn go wide" id="again" href="{{accountLink}}">{{t.common.signIn}}</a></p>
        {{/homeLink}}
        """
}
