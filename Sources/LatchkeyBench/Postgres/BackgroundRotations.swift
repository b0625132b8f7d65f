import Synchronization

/// Sessions that are refreshed at several nodes in turn, on a thread of its own, while something else is measured.
final class BackgroundRotations {
    private let sampler: Sampler<Slice>

    /// So short that it ends soon after it was asked to.
    private static let sliceSeconds = 0.2

    init(nodes: [ServerUnderTest], connections: Int) throws {
        let tokens = try Population.logIn(count: connections, at: nodes[0].endpoint)
        let clients = Mutex(tokens.map { Rotation(token: $0.refresh) })
        let loop = ClosedLoop(nodes: nodes, seconds: Self.sliceSeconds)
        sampler = Sampler(everyMilliseconds: 0) {
            try clients.withLock { clients in
                let slice: Slice
                (slice, clients) = try loop.run(clients)
                return slice
            }
        }
    }

    /// What each slice gave.
    func stop() -> [Slice] { sampler.stop().map(\.value) }
}
