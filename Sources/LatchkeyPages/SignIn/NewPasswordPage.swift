/// A new password, after the right old one, when the old one must go.
package struct NewPasswordPage: Page {
    package enum Trouble: Sendable, Hashable {
        case form(FormTrouble)
        case missing
        case tooShort
        case tooLong
        /// Among the first that attackers try.
        case common
        /// Only the name of the user or of the product.
        case isName
        case same
    }

    package var client: ShownClient
    package var username: String
    /// In code points.
    package var minimumLength: Int
    package var trouble: Trouble?
    package var fields: [HiddenField]

    package init(
        client: ShownClient, username: String, minimumLength: Int, trouble: Trouble? = nil, fields: [HiddenField]
    ) {
        self.client = client
        self.username = username
        self.minimumLength = minimumLength
        self.trouble = trouble
        self.fields = fields
    }

    package static let template = PageTemplate.newPassword

    package func title(_ wording: Wording) -> String { wording.say(\.newPassword.title) }

    package func complaint(_ wording: Wording) -> Complaint? {
        switch trouble {
        case nil: nil
        case .form(let trouble): Complaint(trouble.text(wording))
        case .missing: Complaint(wording.say(\.newPassword.missing), at: "new-password")
        case .tooShort: Complaint(wording.say(\.newPassword.tooShort, minimumLength), at: "new-password")
        case .tooLong: Complaint(wording.say(\.newPassword.tooLong), at: "new-password")
        case .common: Complaint(wording.say(\.newPassword.common), at: "new-password")
        case .isName: Complaint(wording.say(\.newPassword.isName), at: "new-password")
        case .same: Complaint(wording.say(\.newPassword.same), at: "new-password")
        }
    }

    package func values(_ wording: Wording) -> PageValues {
        PageValues([
            "username": .exact(username),
            "rule": .exact(wording.say(\.newPassword.rule, minimumLength)),
            "minimumLength": "\(minimumLength)",
            "new_passwordError": .exact(complaint(wording)?.text(at: "new-password")),
            "hidden": fields.values,
        ])
    }

    static let body = """
        <h1>{{t.newPassword.title}}</h1>
        <p>{{t.newPassword.why}}</p>
        <form method="post" action="\(PagePath.newPassword)" id="new-password-form" novalidate>
        \(Layout.hidden)\
        \(Layout.knownUser)\
        <label for="new-password">{{t.newPassword.label}}</label>
        <p class="hint" id="new-password-hint">{{rule}} {{t.newPassword.advice}}</p>
        {{#new_passwordError}}<p class="error" id="new-password-error">{{new_passwordError}}</p>{{/new_passwordError}}
        \(Layout.password(
            id: "new-password", name: "new_password", autocomplete: "new-password",
            describedBy: " aria-describedby=\"new-password-hint{{#new_passwordError}} new-password-error"
                + "{{/new_passwordError}}\" passwordrules=\"minlength: {{minimumLength}};\""))\
        <button type="submit" class="go wide" id="submit">{{t.newPassword.submit}}</button>
        </form>
        """
}
