package import LatchkeyTokens

/// A sign-out of one user in one browser, on its way to the writer.
package struct LogoutOrder: Sendable {
    package let user: UserID
    /// The browser session to end.
    package let browser: SessionID?
    /// The client's session that an ID token hint of this user names.
    package let hinted: SessionID?
    /// Names the browser whose sign-ins under way end.
    package let browserDigest: [UInt8]?

    package init(user: UserID, browser: SessionID?, hinted: SessionID?, browserDigest: [UInt8]?) {
        self.user = user
        self.browser = browser
        self.hinted = hinted
        self.browserDigest = browserDigest
    }
}

/// Signing out in a browser.
package enum LogoutRules {
    /// Ends, each with its entry in the log:
    ///
    /// | session | ends |
    /// | --- | --- |
    /// | the browser session | yes, and what came from it without `offline_access` |
    /// | the one that the hint names | yes: its client asks for it |
    /// | the browser session that this one came from | as the first line |
    /// | others that came from it, when it has expired or is gone | those without `offline_access` |
    /// | a session of another user, whatever the hint names | no |
    static func end(_ order: LogoutOrder, _ ledger: any Ledger) throws {
        if let browser = order.browser { try end(browser, order, ledger) }
        if let hinted = order.hinted, let record = try ledger.sessions.find(hinted),
            record.session.user == order.user
        {
            try end(hinted, order, ledger)
            if let parent = record.session.parent {
                try end(parent, order, ledger)
                for child in try ledger.sessions.unendedChildren(of: parent) where !child.session.outlivesParent {
                    try end(child.session.id, order, ledger)
                }
            }
        }
        if let digest = order.browserDigest { try SignInRules.forget(browser: digest, ledger) }
    }

    private static func end(_ session: SessionID, _ order: LogoutOrder, _ ledger: any Ledger) throws {
        try RevocationRules.revoke(
            RevocationOrder(.session(session), reason: .logout, actor: .user(order.user)), ledger)
    }
}

extension Store {
    /// See ``LogoutRules/end(_:_:)``. Durable and published on return. Run again it finds done what has happened.
    package func endSessions(_ order: LogoutOrder) async throws {
        _ = try await write(.user(order.user), repeatable: true) { try LogoutRules.end(order, $0) }
    }
}
