/// What is known about the person, and the part that the person may change.
package struct ProfilePage: Page {
    package enum Field: Sendable, Hashable { case displayName, locale, zone }

    package var frame: AccountFrame
    package var email: String?
    package var isEmailVerified: Bool
    /// As stored, or as typed when something was refused.
    package var displayName: String
    package var locale: String
    package var zone: String
    package var refused: [Field]

    package init(
        frame: AccountFrame, email: String?, isEmailVerified: Bool, displayName: String, locale: String, zone: String,
        refused: [Field] = []
    ) {
        self.frame = frame
        self.email = email
        self.isEmailVerified = isEmailVerified
        self.displayName = displayName
        self.locale = locale
        self.zone = zone
        self.refused = refused
    }

    package static let template = PageTemplate.profile
    package var policy: PagePolicy { .account }

    package func title(_ wording: Wording) -> String { wording.say(\.account.profile) }

    package func complaint(_ wording: Wording) -> Complaint? {
        if let trouble = frame.trouble { return Complaint(trouble.text(wording)) }
        var lines: [Complaint.Line] = []
        if refused.contains(.displayName) {
            lines.append(.init(text: wording.say(\.account.displayNameWrong), field: "display-name"))
        }
        if refused.contains(.locale) {
            lines.append(.init(text: wording.say(\.account.localeWrong), field: "locale"))
        }
        if refused.contains(.zone) {
            lines.append(.init(text: wording.say(\.account.zoneWrong), field: "zoneinfo"))
        }
        return lines.isEmpty ? nil : Complaint(lines)
    }

    package func values(_ wording: Wording) -> PageValues {
        let complaint = complaint(wording)
        let values: Values = [
            "email": .shown(email),
            "isVerified": .flag(isEmailVerified),
            "displayName": .exact(displayName),
            "locale": .exact(locale),
            "zone": .exact(zone),
            "displayNameError": .exact(complaint?.text(at: "display-name")),
            "localeError": .exact(complaint?.text(at: "locale")),
            "zoneError": .exact(complaint?.text(at: "zoneinfo")),
        ]
        return PageValues(values.joined(frame.values(wording, at: .profile)))
    }

    private static func field(
        _ id: String, _ name: String, value: String, label: String, hint: String, autocomplete: String
    ) -> String {
        """
        <label for="\(id)">{{t.account.\(label)}}</label>
        <p class="hint" id="\(id)-hint">{{t.account.\(hint)}}</p>
        {{#\(value)Error}}<p class="error" id="\(id)-error">{{\(value)Error}}</p>{{/\(value)Error}}
        <input id="\(id)" name="\(name)" type="text" value="{{\(value)}}" autocomplete="\(autocomplete)" \
        spellcheck="false" aria-describedby="\(id)-hint{{#\(value)Error}} \(id)-error{{/\(value)Error}}"\
        {{#\(value)Error}} aria-invalid="true"{{/\(value)Error}}>

        """
    }

    static let body = """
        <h1>{{t.account.profile}}</h1>
        <dl class="facts card">
        <div><dt>{{t.common.username}}</dt><dd><bdi>{{user}}</bdi></dd></div>
        <div><dt>{{t.account.email}}</dt><dd>{{#email}}<bdi>{{email}}</bdi> \
        {{#isVerified}}<span class="tag ok">{{t.account.emailVerified}}</span>{{/isVerified}}\
        {{^isVerified}}<span class="tag warn">{{t.account.emailUnverified}}</span>{{/isVerified}}{{/email}}\
        {{^email}}{{t.account.notGiven}}{{/email}}</dd></div>
        </dl>
        <p class="hint">{{t.account.fixedByAdministrator}}</p>
        <form method="post" action="\(PagePath.profile)" id="profile-form" class="narrow" novalidate>
        \(Layout.hidden)\
        \(field(
            "display-name", "display_name", value: "displayName", label: "displayName", hint: "displayNameHint",
            autocomplete: "name"))\
        \(field("locale", "locale", value: "locale", label: "locale", hint: "localeHint", autocomplete: "language"))\
        \(field("zoneinfo", "zoneinfo", value: "zone", label: "zone", hint: "zoneHint", autocomplete: "off"))\
        <button type="submit" class="go" id="save">{{t.common.save}}</button>
        </form>
        """
}
