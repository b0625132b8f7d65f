import LatchkeyTokens

/// One page: plain values, and how the templates see them.
package protocol Page: Sendable {
    /// Which template shows it.
    static var template: PageTemplate { get }
    /// What the window is called, without the name of the server.
    func title(_ wording: Wording) -> String
    /// What the template may name besides the frame.
    func values(_ wording: Wording) -> PageValues
    /// What the person must put right; nil on a page without complaint.
    func complaint(_ wording: Wording) -> Complaint?
    /// What differs from the policy of an ordinary page.
    var policy: PagePolicy { get }
}

extension Page {
    package func complaint(_ wording: Wording) -> Complaint? { nil }
    package var policy: PagePolicy { .page }
}

/// The values of a page; only this target looks inside.
package struct PageValues: Sendable {
    let values: Values
    init(_ values: Values) { self.values = values }
}

/// What the person must put right. Stands at the head of the page, and beside the field.
package struct Complaint: Sendable {
    struct Line: Sendable {
        let text: String
        /// The id of the input.
        let field: String?
    }

    let lines: [Line]

    init(_ text: String, at field: String? = nil) { lines = [Line(text: text, field: field)] }
    init(_ lines: [Line]) { self.lines = lines }

    var values: Values {
        [
            "lines": .list(
                lines.map { line in
                    ["line": .exact(line.text), "fieldLink": .link(line.field.map { Link(element: $0) })]
                })
        ]
    }

    /// The sentence for the input of this id.
    func text(at field: String) -> String? {
        lines.first { $0.field.map { $0.equalsBytes(of: field) } ?? false }?.text
    }
}

/// Which security headers a page has.
package enum PagePolicy: Sendable, Hashable {
    /// A page of a sign-in. Others may have opened it in a window and wait for its answer, so it stays connected.
    case page
    /// A page of the account: no other window may hold a handle on it (`Cross-Origin-Opener-Policy`).
    case account
    /// Posts itself to a client: any target, one script of known digest.
    case formPost
}
