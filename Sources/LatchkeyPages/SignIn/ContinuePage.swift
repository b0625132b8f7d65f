import Crypto
import Foundation

/// The way to the client, as the answer of our own page: browsers apply `form-action` to every redirect after a form,
/// so a redirect would have to name the client's addresses and all that they redirect to.
package struct ContinuePage: Page {
    package enum Way: Sendable {
        /// Opens by itself. The link shows only after two seconds: a click meanwhile would send the code twice, and a
        /// code that is used twice ends what it made.
        case refresh(Link)
        /// A program on the device: opens by a click, at once there to be clicked.
        case app(Link)
        /// Posts the fields to a client (OAuth 2.0 Form Post Response Mode).
        case formPost(Link, [HiddenField])
    }

    package var clientName: String
    package var way: Way

    package init(clientName: String, way: Way) {
        self.clientName = clientName
        self.way = way
    }

    package static let template = PageTemplate.continuePage

    package var policy: PagePolicy { if case .formPost = way { .formPost } else { .page } }

    package func title(_ wording: Wording) -> String { wording.say(\.ending.goingTo, clientName) }

    package func values(_ wording: Wording) -> PageValues {
        var values: Values = [
            "heading": .exact(title(wording)),
            "goesLink": .absent, "appLink": .absent, "postLink": .absent, "longRefreshLink": .absent,
            "hidden": .list([]),
        ]
        switch way {
        case .refresh(let link):
            values.give(.link(link), as: "goesLink")
            if refreshField == nil { values.give(.link(link), as: "longRefreshLink") }
        case .app(let link): values.give(.link(link), as: "appLink")
        case .formPost(let link, let fields):
            values.give(.link(link), as: "postLink")
            values.give(fields.values, as: "hidden")
        }
        return PageValues(values)
    }

    /// The value of `Refresh`; nil when the page does not open by itself, or when the address does not fit into a
    /// head that every proxy takes: then the page carries it.
    var refreshField: String? {
        guard case .refresh(let link) = way, link.text.utf8.count <= Self.longestField else { return nil }
        return "0; url=\(link.text)"
    }

    private static let longestField = 2048

    /// Through the prototype: a field called `submit` would hide the form's own function.
    private static let script =
        "HTMLFormElement.prototype.submit.call(document.getElementById('continue-form'))"

    /// The script's name in the policy (CSP 3 2.3.1).
    static let scriptDigest = "sha256-\(Data(SHA256.hash(data: Data(script.utf8))).base64EncodedString())"

    static let head = """
        {{#longRefreshLink}}
        <meta http-equiv="refresh" content="0; url={{longRefreshLink}}">
        {{/longRefreshLink}}

        """

    static let body = """
        <h1>{{heading}}</h1>
        {{#goesLink}}
        <p>{{t.ending.wait}}</p>
        <p class="later"><a class="btn go wide" id="continue" href="{{goesLink}}" rel="noreferrer">{{heading}}</a></p>
        {{/goesLink}}
        {{#appLink}}
        <p>{{t.ending.openApp}}</p>
        <p><a class="btn go wide" id="continue" href="{{appLink}}" rel="noreferrer">{{heading}}</a></p>
        {{/appLink}}
        {{#postLink}}
        <p>{{t.ending.wait}}</p>
        <form method="post" action="{{postLink}}" id="continue-form">
        \(Layout.hidden)\
        <p class="later"><button type="submit" class="go wide" id="continue">{{heading}}</button></p>
        </form>
        {{/postLink}}
        """

    static let tail = """
        {{#postLink}}
        <script>\(script)</script>
        {{/postLink}}

        """
}
