/// Continue with the account that is signed in, or with another one.
package struct AccountChoicePage: Page {
    package var client: ShownClient
    package var username: String
    /// What the person is called; nil when nothing but the user name is known.
    package var displayName: String?
    package var trouble: FormTrouble?
    package var fields: [HiddenField]

    package init(
        client: ShownClient, username: String, displayName: String? = nil, trouble: FormTrouble? = nil,
        fields: [HiddenField]
    ) {
        self.client = client
        self.username = username
        self.displayName = displayName
        self.trouble = trouble
        self.fields = fields
    }

    package static let template = PageTemplate.accountChoice

    package func title(_ wording: Wording) -> String { wording.say(\.choice.titleFor, client.name) }

    package func complaint(_ wording: Wording) -> Complaint? { trouble.map { Complaint($0.text(wording)) } }

    package func values(_ wording: Wording) -> PageValues {
        let values: Values = [
            "heading": .exact(title(wording)),
            "continueAs": .exact(wording.say(\.choice.continueAs, displayName ?? username)),
            "username": .shown(displayName == nil ? nil : username),
            "hidden": fields.values,
        ]
        return PageValues(values.joined(client.values))
    }

    static let body = """
        <h1>{{heading}}</h1>
        \(ShownClient.line)\
        <p>{{t.choice.why}}</p>
        <form method="post" action="\(PagePath.account)" id="account-form">
        \(Layout.hidden)\
        <button type="submit" class="go wide stack" id="continue" name="decision" value="continue">\
        <span>{{continueAs}}</span>{{#username}} <span class="under"><bdi>{{username}}</bdi></span>{{/username}}</button>
        <button type="submit" class="wide" id="another" name="decision" value="another">\
        {{t.common.anotherAccount}}</button>
        </form>
        """
}
