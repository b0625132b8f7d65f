package import LatchkeyTokens

/// What a client may have: the person decides.
package struct ConsentPage: Page {
    /// A scope that is asked for.
    package struct Request: Sendable {
        package var name: String
        /// From the configuration; nil for the scopes of OpenID Connect and for those that nobody has described.
        package var sentence: String?
        /// What it gives now: the address of `email`, the name of `profile`.
        package var value: String?

        package init(_ name: String, sentence: String? = nil, value: String? = nil) {
            self.name = name
            self.sentence = sentence
            self.value = value
        }

        func text(_ wording: Wording, user: String) -> String {
            if let sentence { return ShownText.clean(sentence) }
            return switch (name, value) {
            case ("openid", _): wording.say(\.consent.scopeOpenID, user)
            case ("profile", nil): wording.say(\.consent.scopeProfile)
            case ("profile", let value?): wording.say(\.consent.scopeProfileOf, value)
            case ("email", nil): wording.say(\.consent.scopeEmail)
            case ("email", let value?): wording.say(\.consent.scopeEmailOf, value)
            case ("address", _): wording.say(\.consent.scopeAddress)
            case ("phone", _): wording.say(\.consent.scopePhone)
            case ("offline_access", _): wording.say(\.consent.scopeOffline)
            case (Scope.latchkeyAccount, _): wording.say(\.consent.scopeAccount)
            case (Scope.latchkeyAdmin, _): wording.say(\.consent.scopeAdmin)
            default: wording.say(\.consent.scopeOther, name)
            }
        }

        func values(_ wording: Wording, user: String) -> Values {
            [
                "scope": .shown(name), "sentence": .exact(text(wording, user: user)),
                "isLasting": .flag(name == "offline_access"),
            ]
        }
    }

    package var client: ShownClient
    package var registered: Timestamp?
    package var policyLink: Link?
    package var termsLink: Link?
    package var scopes: [Request]
    package var username: String
    package var trouble: FormTrouble?
    package var fields: [HiddenField]

    package init(
        client: ShownClient, registered: Timestamp? = nil, policyLink: Link? = nil, termsLink: Link? = nil,
        scopes: [Request], username: String, trouble: FormTrouble? = nil, fields: [HiddenField]
    ) {
        self.client = client
        self.registered = registered
        self.policyLink = policyLink
        self.termsLink = termsLink
        self.scopes = scopes
        self.username = username
        self.trouble = trouble
        self.fields = fields
    }

    package static let template = PageTemplate.consent

    package func title(_ wording: Wording) -> String { wording.say(\.consent.title, client.name) }

    package func complaint(_ wording: Wording) -> Complaint? { trouble.map { Complaint($0.text(wording)) } }

    package func values(_ wording: Wording) -> PageValues {
        let values: Values = [
            "heading": .exact(title(wording)),
            "scopes": .list(scopes.map { $0.values(wording, user: username) }),
            "registered": .exact(registered.map { wording.say(\.consent.registered, wording.day($0)) }),
            "hasPapers": .flag(policyLink != nil || termsLink != nil),
            "policyLink": .link(policyLink),
            "termsLink": .link(termsLink),
            "signedInAs": .exact(wording.say(\.consent.signedInAs, username)),
            "hidden": fields.values,
        ]
        return PageValues(values.joined(client.values))
    }

    static let body = """
        <h1>{{heading}}</h1>
        \(ShownClient.line)\
        <p id="asks">{{t.consent.asks}}</p>
        <ul class="scopes" aria-labelledby="asks">
        {{#scopes}}
        <li{{#isLasting}} class="lasting"{{/isLasting}}><bdi>{{sentence}}</bdi> <code>{{scope}}</code></li>
        {{/scopes}}
        </ul>
        <p class="hint">{{#registered}}{{registered}} {{/registered}}{{t.consent.takeBack}}</p>
        {{#hasPapers}}
        <ul class="inline hint">
        {{#policyLink}}<li><a href="{{policyLink}}" rel="noreferrer">{{t.consent.policy}}</a></li>{{/policyLink}}
        {{#termsLink}}<li><a href="{{termsLink}}" rel="noreferrer">{{t.consent.terms}}</a></li>{{/termsLink}}
        </ul>
        {{/hasPapers}}
        <form method="post" action="\(PagePath.consent)" id="consent-form">
        \(Layout.hidden)\
        <div class="pair">
        <button type="submit" class="go" id="allow" name="decision" value="allow">{{t.consent.allow}}</button>
        <button type="submit" id="deny" name="decision" value="deny">{{t.common.cancel}}</button>
        </div>
        <p class="hint who"><span>{{signedInAs}}</span> <button type="submit" class="plain" id="another" \
        name="decision" value="another">{{t.consent.notYou}}</button></p>
        </form>
        """
}
