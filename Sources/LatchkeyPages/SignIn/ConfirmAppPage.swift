/// A click before an answer goes to a program on the device: any program could have asked (RFC 8252 8.6), and browsers
/// open one only after a click.
package struct ConfirmAppPage: Page {
    package var client: ShownClient
    package var username: String
    package var trouble: FormTrouble?
    package var fields: [HiddenField]

    package init(client: ShownClient, username: String, trouble: FormTrouble? = nil, fields: [HiddenField]) {
        self.client = client
        self.username = username
        self.trouble = trouble
        self.fields = fields
    }

    package static let template = PageTemplate.confirmApp

    package func title(_ wording: Wording) -> String { wording.say(\.common.continueTo, client.name) }

    package func complaint(_ wording: Wording) -> Complaint? { trouble.map { Complaint($0.text(wording)) } }

    package func values(_ wording: Wording) -> PageValues {
        let values: Values = [
            "heading": .exact(title(wording)),
            "continueTo": .exact(wording.say(\.common.continueTo, client.name)),
            "signedInAs": .exact(wording.say(\.consent.signedInAs, username)),
            "hidden": fields.values,
        ]
        return PageValues(values.joined(client.values))
    }

    static let body = """
        <h1>{{heading}}</h1>
        \(ShownClient.line)\
        <p>{{t.consent.openWhy}}</p>
        <form method="post" action="\(PagePath.confirm)" id="confirm-form">
        \(Layout.hidden)\
        <div class="pair">
        <button type="submit" class="go" id="continue" name="decision" value="continue">{{continueTo}}</button>
        <button type="submit" id="deny" name="decision" value="deny">{{t.common.cancel}}</button>
        </div>
        <p class="hint who"><span>{{signedInAs}}</span> <button type="submit" class="plain" id="another" \
        name="decision" value="another">{{t.consent.notYou}}</button></p>
        </form>
        """
}
