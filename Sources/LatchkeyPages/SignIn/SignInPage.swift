import LatchkeyCore

/// User name and password, on one page.
package struct SignInPage: Page {
    package enum Trouble: Sendable, Hashable {
        case form(FormTrouble)
        /// Nothing was typed into one of the fields, or into both.
        case missing(name: Bool, password: Bool)
        /// One answer for unknown names, wrong passwords and disabled users.
        case wrong
    }

    package var client: ShownClient
    /// As typed, or from `login_hint`.
    package var username: String
    package var trouble: Trouble?
    /// Whether people sign in with an e-mail address too.
    package var takesAddress: Bool
    /// Whether to offer "Stay signed in", and whether it is chosen.
    package var stay: Bool?
    package var fields: [HiddenField]

    package init(
        client: ShownClient, username: String = "", trouble: Trouble? = nil, takesAddress: Bool = false,
        stay: Bool? = false, fields: [HiddenField]
    ) {
        self.client = client
        self.username = username
        self.trouble = trouble
        self.takesAddress = takesAddress
        self.stay = stay
        self.fields = fields
    }

    package static let template = PageTemplate.signIn

    package func title(_ wording: Wording) -> String { wording.say(\.signIn.titleTo, client.name) }

    package func complaint(_ wording: Wording) -> Complaint? {
        switch trouble {
        case nil: return nil
        case .form(let trouble): return Complaint(trouble.text(wording))
        case .wrong: return Complaint(wording.say(\.signIn.wrong), at: "username")
        case .missing(let name, let password):
            var lines: [Complaint.Line] = []
            if name { lines.append(.init(text: wording.say(\.signIn.nameMissing), field: "username")) }
            if password || !name {
                lines.append(.init(text: wording.say(\.signIn.passwordMissing), field: "current-password"))
            }
            return Complaint(lines)
        }
    }

    package func values(_ wording: Wording) -> PageValues {
        let complaint = complaint(wording)
        let values: Values = [
            "heading": .exact(title(wording)),
            "username": .exact(username),
            "nameLabel": .exact(wording.say(takesAddress ? \.common.usernameOrAddress : \.common.username)),
            "usernameError": .exact(complaint?.text(at: "username")),
            "passwordError": .exact(complaint?.text(at: "current-password")),
            "offersStay": .flag(stay != nil),
            "stays": .flag(stay ?? false),
            "hidden": fields.values,
        ]
        return PageValues(values.joined(client.values))
    }

    static let body = """
        <h1>{{heading}}</h1>
        \(ShownClient.line)\
        <form method="post" action="\(PagePath.password)" id="signin" novalidate>
        \(Layout.hidden)\
        <label for="username">{{nameLabel}}</label>
        {{#usernameError}}<p class="error" id="username-error">{{usernameError}}</p>{{/usernameError}}
        <input id="username" name="username" type="text" value="{{username}}" autocomplete="username webauthn" \
        autocapitalize="none" spellcheck="false" required{{#usernameError}} aria-invalid="true" \
        aria-describedby="username-error"{{/usernameError}}>
        <label for="current-password">{{t.common.password}}</label>
        {{#passwordError}}<p class="error" id="password-error">{{passwordError}}</p>{{/passwordError}}
        \(Layout.password(
            id: "current-password", name: "password", autocomplete: "current-password",
            describedBy: "{{#passwordError}} aria-describedby=\"password-error\"{{/passwordError}}"))\
        {{#offersStay}}
        <div class="choice">
        <input id="stay" name="stay" type="checkbox" value="yes" aria-describedby="stay-hint"\
        {{#stays}} checked{{/stays}}>
        <label for="stay">{{t.signIn.stay}}</label>
        <p class="hint" id="stay-hint">{{t.signIn.stayHint}}</p>
        </div>
        {{/offersStay}}
        <button type="submit" class="go wide" id="submit">{{t.common.signIn}}</button>
        </form>
        """
}
