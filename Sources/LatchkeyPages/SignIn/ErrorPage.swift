/// What went wrong, in words, when no client may hear of it.
package struct ErrorPage: Page {
    package enum Cause: Sendable, Hashable, CaseIterable {
        /// The request cannot be granted, whoever signs in.
        case request
        case tooLarge
        case unknownClient
        /// The redirect URI is missing or not registered: nothing is sent there.
        case redirectURI
        /// The client may not use this endpoint.
        case notAllowed
        /// A form of another site.
        case foreignForm
        case notFound
        case method
        case tooManyAttempts
        case busy
        case fault

        fileprivate var texts: (title: KeyPath<Texts, String>, sentence: KeyPath<Texts, String>) {
            switch self {
            case .request: (\.error.requestTitle, \.error.requestWrong)
            case .tooLarge: (\.error.requestTitle, \.error.requestTooLarge)
            case .unknownClient: (\.error.requestTitle, \.error.clientUnknown)
            case .redirectURI: (\.error.requestTitle, \.error.redirectWrong)
            case .notAllowed: (\.error.requestTitle, \.error.notAllowed)
            case .foreignForm: (\.ending.startTitle, \.error.foreignForm)
            case .notFound: (\.error.notFoundTitle, \.error.notFound)
            case .method: (\.error.requestTitle, \.error.method)
            case .tooManyAttempts: (\.error.tooManyTitle, \.common.busy)
            case .busy: (\.error.busyTitle, \.common.busy)
            case .fault: (\.error.faultTitle, \.error.fault)
            }
        }
    }

    package var cause: Cause
    /// How long to wait, in seconds, after too many attempts.
    package var wait: Int?
    /// For the person who looks after the application: ours, in English, and never an echo of input.
    package var detail: String?
    package var requestID: String
    /// The client, once it is known.
    package var client: ShownClient?

    package init(
        _ cause: Cause, requestID: String, wait: Int? = nil, detail: String? = nil, client: ShownClient? = nil
    ) {
        self.cause = cause
        self.requestID = requestID
        self.wait = wait
        self.detail = detail
        self.client = client
    }

    package static let template = PageTemplate.error

    package func title(_ wording: Wording) -> String { wording.say(cause.texts.title) }

    package func values(_ wording: Wording) -> PageValues {
        let sentence =
            if cause == .tooManyAttempts {
                FormTrouble.tooManyAttempts(wait ?? 60).text(wording)
            } else {
                wording.say(cause.texts.sentence)
            }
        return PageValues([
            "heading": .exact(title(wording)),
            "sentence": .exact(sentence),
            "detail": .shown(detail),
            "requestID": .shown(requestID),
            "backTo": .exact(client.map { wording.say(\.common.backTo, $0.name) }),
            "homeLink": .link(client?.home),
        ])
    }

    static let body = """
        <h1>{{heading}}</h1>
        <p>{{sentence}}</p>
        {{#detail}}
        <p class="hint" lang="en" dir="ltr">{{detail}}</p>
        {{/detail}}
        {{#homeLink}}
        <p><a class="btn go wide" id="back" href="{{homeLink}}">{{backTo}}</a></p>
        {{/homeLink}}
        <p class="hint">{{t.error.tellAdministrator}} <code>{{requestID}}</code></p>
        """
}
