package import LatchkeyTokens

/// Where the person is signed in.
package struct SessionsPage: Page {
    /// A proof of the sign-in.
    package enum Method: Sendable, Hashable {
        case password, code, passkey, recoveryCode

        fileprivate var name: KeyPath<Texts, String> {
            switch self {
            case .password: \.account.methodPassword
            case .code: \.account.methodCode
            case .passkey: \.account.methodPasskey
            case .recoveryCode: \.account.methodRecovery
            }
        }
    }

    package struct Entry: Sendable {
        package var id: String
        package var isThisBrowser: Bool
        /// The name that the person or the application gave it.
        package var givenName: String?
        package var userAgent: String?
        /// The applications that use it.
        package var applications: [String]
        package var network: String?
        package var begun: Timestamp
        package var lastActive: Timestamp?
        package var ends: Timestamp?
        package var methods: [Method]

        package init(
            id: String, isThisBrowser: Bool = false, givenName: String? = nil, userAgent: String? = nil,
            applications: [String], network: String?, begun: Timestamp, lastActive: Timestamp?, ends: Timestamp?,
            methods: [Method]
        ) {
            self.id = id
            self.isThisBrowser = isThisBrowser
            self.givenName = givenName
            self.userAgent = userAgent
            self.applications = applications
            self.network = network
            self.begun = begun
            self.lastActive = lastActive
            self.ends = ends
            self.methods = methods
        }

        func name(_ wording: Wording) -> String {
            if let givenName, !givenName.isEmpty { return ShownText.clean(givenName) }
            return UserAgentName(userAgent ?? "").text(wording)
        }

        fileprivate func values(
            _ wording: Wording, number: Int, typed: String?, nameError: String?
        ) -> Values {
            let name = name(wording)
            return [
                "number": "\(number)",
                "id": .exact(id),
                "mark": .exact(BittingMark(id).path),
                "sessionName": .exact(name),
                "isThisBrowser": .flag(isThisBrowser),
                "hasApplications": .flag(!applications.isEmpty),
                "applications": .list(applications.map { ["application": .shown($0)] }),
                "network": .shown(network),
                "begun": .values(wording.time(begun)),
                "lastActive": .values(isThisBrowser ? nil : lastActive.map(wording.time)),
                "ends": .values(ends.map(wording.time)),
                "hasMethods": .flag(!methods.isEmpty),
                "methods": .list(methods.map { ["method": .exact(wording.say($0.name))] }),
                "userAgent": .shown(userAgent),
                "givenName": .exact(typed ?? givenName ?? ""),
                "endOne": .exact(wording.say(\.account.endOne, name)),
                "renameOne": .exact(wording.say(\.account.renameOne, name)),
                "nameError": .exact(nameError),
            ]
        }
    }

    package var frame: AccountFrame
    /// In the order shown, after the session of this browser.
    package var entries: [Entry]
    /// How long a name may be, in code points.
    package var longestName: Int
    /// A new name that was refused, as typed.
    package struct RefusedName: Sendable {
        package var id: String
        package var text: String

        package init(id: String, text: String) {
            self.id = id
            self.text = text
        }
    }

    package var refusedName: RefusedName?
    /// The query that names the next page.
    package var nextQuery: String?

    package init(
        frame: AccountFrame, entries: [Entry], longestName: Int = 64, refusedName: RefusedName? = nil,
        nextQuery: String? = nil
    ) {
        self.frame = frame
        self.entries = entries
        self.longestName = longestName
        self.refusedName = refusedName
        self.nextQuery = nextQuery
    }

    package static let template = PageTemplate.sessions
    package var policy: PagePolicy { .account }

    package func title(_ wording: Wording) -> String { wording.say(\.account.sessions) }

    package func complaint(_ wording: Wording) -> Complaint? {
        if let trouble = frame.trouble { return Complaint(trouble.text(wording)) }
        guard let index = ordered.firstIndex(where: { isRefused($0) }) else { return nil }
        return Complaint(wording.say(\.account.nameWrong, longestName), at: "name-\(index + 1)")
    }

    package func values(_ wording: Wording) -> PageValues {
        let rows = ordered.enumerated().map { index, entry in
            entry.values(
                wording, number: index + 1, typed: isRefused(entry) ? refusedName?.text : nil,
                nameError: isRefused(entry) ? wording.say(\.account.nameWrong, longestName) : nil)
        }
        let values: Values = [
            "sessions": .list(rows),
            "hasOthers": .flag(entries.contains { !$0.isThisBrowser }),
            "nextLink": .link(nextQuery.map { Link(page: PagePath.sessions, query: $0) }),
        ]
        return PageValues(values.joined(frame.values(wording, at: .sessions)))
    }

    private var ordered: [Entry] { entries.filter(\.isThisBrowser) + entries.filter { !$0.isThisBrowser } }

    private func isRefused(_ entry: Entry) -> Bool { refusedName.map { $0.id.equalsBytes(of: entry.id) } ?? false }

    private static let facts = """
        <dl class="facts">
        <div><dt>{{t.account.usedFor}}</dt><dd>{{#hasApplications}}<ul class="inline dots">{{#applications}}<li><bdi>\
        {{application}}</bdi></li>{{/applications}}</ul>{{/hasApplications}}\
        {{^hasApplications}}{{t.account.noApplications}}{{/hasApplications}}</dd></div>
        {{#isThisBrowser}}<div><dt>{{t.account.lastActive}}</dt><dd>{{t.account.activeNow}}</dd></div>\
        {{/isThisBrowser}}
        {{#lastActive}}<div><dt>{{t.account.lastActive}}</dt><dd><time datetime="{{machine}}">{{people}}</time></dd>\
        </div>{{/lastActive}}
        {{#network}}<div><dt>{{t.account.network}}</dt><dd><bdi>{{network}}</bdi></dd></div>{{/network}}
        </dl>
        <details id="details-{{number}}"><summary>{{t.account.details}}<span class="unseen"> {{sessionName}}</span>\
        </summary>
        <dl class="facts">
        <div><dt>{{t.account.begun}}</dt><dd>{{#begun}}<time datetime="{{machine}}">{{people}}</time>{{/begun}}</dd></div>
        {{#hasMethods}}<div><dt>{{t.account.method}}</dt><dd><ul class="inline dots">{{#methods}}<li>{{method}}</li>\
        {{/methods}}</ul></dd></div>{{/hasMethods}}
        {{#ends}}<div><dt>{{t.account.ends}}</dt><dd><time datetime="{{machine}}">{{people}}</time></dd></div>{{/ends}}
        <div><dt>{{t.account.sessionID}}</dt><dd><code>{{id}}</code></dd></div>
        {{#userAgent}}<div><dt>{{t.account.rawName}}</dt><dd><bdi>{{userAgent}}</bdi></dd></div>{{/userAgent}}
        </dl>
        </details>

        """

    private static let rename = """
        <details id="rename-{{number}}"{{#nameError}} open{{/nameError}}><summary>{{t.account.rename}}\
        <span class="unseen"> {{sessionName}}</span></summary>
        <form method="post" action="\(PagePath.renameSession)" class="line" novalidate>
        \(Layout.hidden)\
        <input type="hidden" name="sid" value="{{id}}">
        <div><label for="name-{{number}}">{{t.account.newName}}</label>
        {{#nameError}}<p class="error" id="name-error-{{number}}">{{nameError}}</p>{{/nameError}}
        <input id="name-{{number}}" name="name" type="text" value="{{givenName}}" autocomplete="off"\
        {{#nameError}} aria-invalid="true" aria-describedby="name-error-{{number}}"{{/nameError}}></div>
        <button type="submit" class="small">{{t.common.save}}<span class="unseen">: {{renameOne}}</span></button>
        </form>
        </details>

        """

    static let body = """
        <h1>{{t.account.sessions}}</h1>
        <p>{{t.account.sessionsWhy}}</p>
        <ul class="rows">
        {{#sessions}}
        <li id="session-{{number}}">
        <div class="row">
        <h2><svg class="bit" viewBox="0 0 42 16" aria-hidden="true" focusable="false"><path d="{{mark}}"></path></svg> \
        <bdi>{{sessionName}}</bdi>{{#isThisBrowser}} <span class="tag ok">{{t.account.thisBrowser}}</span>\
        {{/isThisBrowser}}</h2>
        \(facts)\
        \(rename)\
        </div>
        {{^isThisBrowser}}
        <form method="post" action="\(PagePath.endSession)">
        \(Layout.hidden)\
        <input type="hidden" name="sid" value="{{id}}">
        <button type="submit" class="small danger" aria-label="{{endOne}}">{{t.common.signOut}}</button>
        </form>
        {{/isThisBrowser}}
        </li>
        {{/sessions}}
        </ul>
        {{#nextLink}}
        <p class="after"><a class="btn" id="next" href="{{nextLink}}">{{t.account.next}}</a></p>
        {{/nextLink}}
        {{#hasOthers}}
        <form method="post" action="\(PagePath.endOtherSessions)" class="after">
        \(Layout.hidden)\
        <button type="submit" class="danger" id="end-others" aria-describedby="end-others-hint">\
        {{t.account.endOthers}}</button>
        <p class="hint" id="end-others-hint">{{t.account.endOthersWhy}}</p>
        </form>
        {{/hasOthers}}
        {{^hasOthers}}
        <p class="hint after">{{t.account.onlyThis}}</p>
        {{/hasOthers}}
        """
}
