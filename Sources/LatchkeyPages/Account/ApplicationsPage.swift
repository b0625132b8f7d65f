package import LatchkeyTokens

/// The applications that the person has allowed, and what they may do.
package struct ApplicationsPage: Page {
    package struct Entry: Sendable {
        package var clientID: String
        package var client: ShownClient
        package var since: Timestamp
        package var lastUsed: Timestamp?
        package var scopes: [ConsentPage.Request]

        package init(
            clientID: String, client: ShownClient, since: Timestamp, lastUsed: Timestamp?,
            scopes: [ConsentPage.Request]
        ) {
            self.clientID = clientID
            self.client = client
            self.since = since
            self.lastUsed = lastUsed
            self.scopes = scopes
        }

        fileprivate func values(_ wording: Wording, number: Int, user: String) -> Values {
            let values: Values = [
                "number": "\(number)",
                "id": .exact(clientID),
                "applicationName": .shown(client.name),
                "since": .values(wording.time(since)),
                "lastUsed": .values(lastUsed.map(wording.time)),
                "hasScopes": .flag(!scopes.isEmpty),
                "scopes": .list(scopes.map { $0.values(wording, user: user) }),
                "removeOne": .exact(wording.say(\.account.remove, client.name)),
            ]
            return values.joined(client.values)
        }
    }

    package var frame: AccountFrame
    package var entries: [Entry]

    package init(frame: AccountFrame, entries: [Entry]) {
        self.frame = frame
        self.entries = entries
    }

    package static let template = PageTemplate.applications
    package var policy: PagePolicy { .account }

    package func title(_ wording: Wording) -> String { wording.say(\.account.applications) }

    package func complaint(_ wording: Wording) -> Complaint? { frame.trouble.map { Complaint($0.text(wording)) } }

    package func values(_ wording: Wording) -> PageValues {
        let values: Values = [
            "hasEntries": .flag(!entries.isEmpty),
            "entries": .list(
                entries.enumerated().map { $1.values(wording, number: $0 + 1, user: frame.username) }),
        ]
        return PageValues(values.joined(frame.values(wording, at: .applications)))
    }

    static let body = """
        <h1>{{t.account.applications}}</h1>
        {{#hasEntries}}
        <p>{{t.account.applicationsWhy}} {{t.account.removeWhy}}</p>
        <ul class="rows">
        {{#entries}}
        <li id="application-{{number}}">
        <div class="row">
        <h2><bdi>{{applicationName}}</bdi></h2>
        \(ShownClient.line)\
        {{#hasScopes}}
        <p id="gets-{{number}}">{{t.account.mayDo}}</p>
        <ul class="scopes" aria-labelledby="gets-{{number}}">
        {{#scopes}}
        <li{{#isLasting}} class="lasting"{{/isLasting}}><bdi>{{sentence}}</bdi> <code>{{scope}}</code></li>
        {{/scopes}}
        </ul>
        {{/hasScopes}}
        {{^hasScopes}}
        <p>{{t.account.nothingAsked}}</p>
        {{/hasScopes}}
        <dl class="facts">
        <div><dt>{{t.account.since}}</dt><dd>{{#since}}<time datetime="{{machine}}">{{people}}</time>{{/since}}</dd></div>
        {{#lastUsed}}<div><dt>{{t.account.lastUsed}}</dt><dd><time datetime="{{machine}}">{{people}}</time></dd></div>\
        {{/lastUsed}}
        </dl>
        </div>
        <form method="post" action="\(PagePath.removeApplication)">
        \(Layout.hidden)\
        <input type="hidden" name="client" value="{{id}}">
        <button type="submit" class="small danger">{{removeOne}}</button>
        </form>
        </li>
        {{/entries}}
        </ul>
        {{/hasEntries}}
        {{^hasEntries}}
        <p>{{t.account.noneYet}}</p>
        {{/hasEntries}}
        """
}
