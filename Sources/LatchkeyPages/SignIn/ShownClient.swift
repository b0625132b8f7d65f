/// The client that asks, as people see it: its registered name, and where its answers go.
package struct ShownClient: Sendable {
    /// As registered.
    package var name: String
    /// Of the redirect URI: what a name cannot pretend. Nil when the server itself asks.
    package var host: String?
    /// The operator's own, as its registration says (`first_party`, or `consent` of `never`), and never by the name.
    package var isFirstParty: Bool
    /// A place to go back to.
    package var home: Link?

    package init(name: String, host: String?, isFirstParty: Bool, home: Link? = nil) {
        self.name = name
        self.host = host
        self.isFirstParty = isFirstParty
        self.home = home
    }

    /// `host`, `isForeign`.
    var values: Values {
        ["host": .shown(host), "isForeign": .flag(!isFirstParty && host != nil)]
    }

    /// Where the answer goes, under the heading.
    static let line = """
        {{#host}}
        <p class="host"><bdi>{{host}}</bdi>{{#isForeign}} <span class="tag warn">{{t.consent.foreign}}</span>\
        {{/isForeign}}</p>
        {{/host}}

        """
}
