import Synchronization

/// How many HTTP/2 streams are open beyond the one that every connection may have, in total and by address.
///
/// A stream costs its client a few bytes and holds buffers, timers and a response here for as long as the client opens
/// no flow-control window. The first stream of a connection is not counted, because connections are: a client with one
/// request at a time is served while others hold every place.
final class HTTP2StreamBudget: Sendable {
    private struct State {
        var open = 0
        var perNetwork: [SourceNetwork: Int] = [:]
    }

    private let limit: Int
    private let limitPerNetwork: Int
    private let state = Mutex(State())

    init(limit: Int, limitPerNetwork: Int) {
        self.limit = limit
        self.limitPerNetwork = limitPerNetwork
    }

    /// Streams that are counted.
    var open: Int { state.withLock { $0.open } }

    /// Counts a further stream of a connection; false, without counting it, when there are as many as allowed.
    /// - Parameter network: nil for an address behind which many clients may be.
    func admit(_ network: SourceNetwork?) -> Bool {
        state.withLock { state in
            guard state.open < limit else { return false }
            if let network {
                let count = state.perNetwork[network, default: 0]
                guard count < limitPerNetwork else { return false }
                state.perNetwork[network] = count + 1
            }
            state.open += 1
            return true
        }
    }

    /// Undoes ``admit(_:)``, `count` times.
    func dismiss(_ network: SourceNetwork?, _ count: Int = 1) {
        state.withLock { state in
            state.open -= count
            guard let network, let held = state.perNetwork[network] else { return }
            state.perNetwork[network] = held > count ? held - count : nil
        }
    }
}
