package import LatchkeyCore
import Synchronization

/// What a handler tells the outer layers about the browser side of a request: which origins may read the response, and
/// which cookies go with it. It also holds when the handler refuses, because a page must be able to read the reason.
package final class BrowserExchange: Sendable {
    private struct State {
        /// Nil until a client is known.
        var origins: [String]?
        var cookies: [String] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Names the client that the request is from: only its origins may read the response.
    package func note(_ client: Client) {
        state.withLock { $0.origins = client.disabled ? [] : client.origins }
    }

    /// The origins of the request's own client; nil before it is known.
    package var origins: [String]? { state.withLock { $0.origins } }

    /// Sends this `Set-Cookie` with the response, whether it is a success or a refusal.
    package func setCookie(_ line: String) { state.withLock { $0.cookies.append(line) } }

    /// The `Set-Cookie` lines that go with the response.
    var cookies: [String] { state.withLock { $0.cookies } }
}
