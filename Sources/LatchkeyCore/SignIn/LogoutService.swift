import LatchkeyBytes
import LatchkeyTokens

/// What a client asked of the logout endpoint, after every check.
package struct LogoutRequest: Sendable {
    /// An ID token of ours, expired or not.
    package let hint: IDTokenHint?
    /// The hint's client, or the one that `client_id` names; nil when there is none.
    package let client: Client?
    /// Where the browser goes afterwards: registered for ``client``, byte by byte.
    package let returnURI: String?
    /// Returned byte by byte.
    package let state: String?
    package let uiLocales: [String]
    /// SHA-256 of the request.
    package let digest: [UInt8]

    package init(
        hint: IDTokenHint?, client: Client?, returnURI: String?, state: String?, uiLocales: [String], digest: [UInt8]
    ) {
        self.hint = hint
        self.client = client
        self.returnURI = returnURI
        self.state = state
        self.uiLocales = uiLocales
        self.digest = digest
    }
}

package enum LogoutAnswer: Sendable {
    /// Does the person want to sign out?
    /// - Parameter again: whether the form came back, because it was too old or not this browser's.
    case ask(User, seal: String, again: Bool)
    /// No session lives in this browser any more.
    /// - Parameter mayReturn: whether the browser may go to the client: its ID token or the person says that the client
    ///   has to do with it.
    case signedOut(mayReturn: Bool)
    /// The person stays signed in.
    case stays
}

/// Signing out at the wish of a client (OpenID Connect RP-Initiated Logout 1.0).
package struct LogoutService: Sendable {
    let store: any Store
    let masterKeys: MasterKeyRing
    let signIns: SignInService
    let clock: Clock

    package init(store: any Store, masterKeys: MasterKeyRing, signIns: SignInService, clock: Clock) {
        self.store = store
        self.masterKeys = masterKeys
        self.signIns = signIns
        self.clock = clock
    }

    /// A request that has arrived. Writes nothing unless something ends.
    /// - Throws: the store's faults.
    package func open(_ request: LogoutRequest, _ visit: SignInVisit) async throws -> LogoutAnswer {
        try await go(request, visit, isConfirmed: false, again: false)
    }

    /// The answer to the question. The form came from one of our pages.
    /// - Throws: the store's faults.
    package func submit(
        signsOut: Bool, seal text: String?, for request: LogoutRequest, _ visit: SignInVisit
    ) async throws -> LogoutAnswer {
        let browser = try await signIns.browser(visit.token)
        guard signsOut || browser == nil else { return .stays }
        let seal = FormSeal(text, from: visit, for: request.digest, keys: masterKeys, now: clock.now())
        // Of another session: nobody was asked about this one.
        let isConfirmed = seal?.browser.map { $0.session == browser?.id } ?? false
        let answer = try await go(request, visit, browser: browser, isConfirmed: isConfirmed, again: true)
        // Sent twice: the first one has signed out, and both are answered alike.
        if case .signedOut = answer { return .signedOut(mayReturn: true) }
        return answer
    }

    private func go(
        _ request: LogoutRequest, _ visit: SignInVisit, isConfirmed: Bool, again: Bool
    ) async throws -> LogoutAnswer {
        try await go(
            request, visit, browser: try await signIns.browser(visit.token), isConfirmed: isConfirmed, again: again)
    }

    private func go(
        _ request: LogoutRequest, _ visit: SignInVisit, browser: BrowserSession?, isConfirmed: Bool, again: Bool
    ) async throws -> LogoutAnswer {
        let step = LogoutDecision.decide(
            LogoutFacts(user: browser?.user.id, hinted: request.hint?.user, isConfirmed: isConfirmed))
        let ending = step == .signOut ? browser : nil
        for order in orders(request.hint, ending, step == .ask ? nil : visit.digest) {
            try await store.endSessions(order)
        }
        guard step == .ask, let browser else {
            return .signedOut(mayReturn: request.hint != nil || isConfirmed)
        }
        let seal = FormSeal(for: request.digest, of: browser, in: visit, now: clock.now())
        return .ask(browser.user, seal: try seal.sealed(keys: masterKeys), again: again)
    }

    /// What ends, for each user: the hint's may be another one than the browser's.
    private func orders(_ hint: IDTokenHint?, _ browser: BrowserSession?, _ digest: [UInt8]?) -> [LogoutOrder] {
        var orders: [LogoutOrder] = []
        if let hint {
            orders.append(
                LogoutOrder(
                    user: hint.user, browser: browser?.user.id == hint.user ? browser?.id : nil,
                    hinted: hint.session, browserDigest: digest))
        }
        if let browser, browser.user.id != hint?.user {
            orders.append(
                LogoutOrder(user: browser.user.id, browser: browser.id, hinted: nil, browserDigest: digest))
        }
        return orders
    }
}
