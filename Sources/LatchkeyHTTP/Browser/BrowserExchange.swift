package import LatchkeyCore
import Synchronization

/// What a handler tells the layers around it about the browser side of a request: whose origins may read the answer,
/// and which cookies go with it. It also holds when the handler refuses, since a page has to read why.
package final class BrowserExchange: Sendable {
    private struct State {
        /// Nil until a client is known.
        var origins: [String]?
        var cookies: [String] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Names the client that the request is from: its origins, and no others, may read the answer.
    package func note(_ client: Client) {
        state.withLock { $0.origins = client.disabled ? [] : client.origins }
    }

    /// The origins of the request's own client; nil before it is known.
    package var origins: [String]? { state.withLock { $0.origins } }

    /// Sends this `Set-Cookie` with the answer, be it a success or a refusal.
    func setCookie(_ line: String) { state.withLock { $0.cookies.append(line) } }

    /// The `Set-Cookie` lines that go with the answer.
    var cookies: [String] { state.withLock { $0.cookies } }
}
