import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens

/// The browser behind one request to a page.
struct Visitor: Sendable {
    let visit: SignInVisit
    /// Whether the browser has sent a step cookie back.
    let keepsCookies: Bool

    /// Gives the browser a step cookie if it has none.
    init(_ request: Request, _ context: RequestContext, _ pages: PageServices) {
        let sent = pages.cookies.step(in: request.headers)
        keepsCookies = sent != nil
        let step = sent ?? SignInCookies.newStep()
        if sent == nil { context.browser.setCookie(pages.cookies.stepLine(step)) }
        visit = SignInVisit(
            step: step, token: pages.cookies.session(in: request.headers), network: context.network,
            sharedNetwork: context.unconfiguredProxy != nil,
            deviceName: request.headers[.userAgent].flatMap { UserAgentName($0).deviceName })
    }
}

extension UserAgentName {
    /// As for a list of sessions: "Firefox on Linux". Nil when nothing is known.
    var deviceName: String? {
        switch (browser, system) {
        case (let browser?, let system?): "\(browser) on \(system)"
        case (let browser?, nil): browser
        case (nil, let system?): system
        case (nil, nil): nil
        }
    }
}
