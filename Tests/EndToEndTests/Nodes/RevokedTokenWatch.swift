#if Postgres
    import LatchkeyTokens
    import LatchkeyVerifier
    import Synchronization
    import TestConditions
    import TestSupport
    import Testing

    /// Services that verify tokens, each by the list of one node. What one of them has refused as revoked it must never
    /// accept again.
    final class RevokedTokenWatch: Sendable {
        private struct State {
            /// What every verifier has refused.
            var refused: [String] = []
            var accepted = 0
        }

        private let verifiers: [TokenVerifier]
        private let state = Mutex(State())

        private init(_ verifiers: [TokenVerifier]) { self.verifiers = verifiers }

        /// How often a revoked token was accepted.
        var accepted: Int { state.withLock { $0.accepted } }

        /// Follows all nodes for the time of `body`, and looks all the time.
        static func run(
            _ nodes: [TestHTTP], _ body: @escaping @Sendable (RevokedTokenWatch) async throws -> Void
        ) async throws {
            try await follow(nodes[...], []) { verifiers in
                let watch = RevokedTokenWatch(verifiers)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await watch.look() }
                    try await body(watch)
                    group.cancelAll()
                }
            }
        }

        private static func follow(
            _ nodes: ArraySlice<TestHTTP>, _ running: [TokenVerifier],
            _ body: @escaping @Sendable ([TokenVerifier]) async throws -> Void
        ) async throws {
            guard let node = nodes.first else { return try await body(running) }
            try await withVerifier(node, { $0.polling = .longPoll() }) { verifier in
                #expect(await verifier.waitUntilReady(for: .seconds(600)))
                try await follow(nodes.dropFirst(), running + [verifier], body)
            }
        }

        private func look() async {
            while !Task.isCancelled {
                let some = state.withLock { $0.refused.shuffled().prefix(10) }
                for verifier in verifiers {
                    for token in some where (try? verifier.verifyNow(token)) != nil {
                        state.withLock { $0.accepted += 1 }
                        Issue.record("a revoked token is accepted again")
                    }
                }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }

        /// Every verifier accepts what lives, so that none is merely without a list, and refuses what does not.
        func verify(_ told: NodesLedger.Told, _ place: String) async throws {
            for verifier in verifiers {
                if let token = told.live.values.first?.access {
                    try await eventually("\(place): a living token is accepted") {
                        Self.refusal(token, verifier).map { !$0.isTemporary } ?? true
                    }
                    #expect([nil, .expired].contains(Self.refusal(token, verifier)), "\(place)")
                }
                try await eventually("\(place): revoked tokens are refused") {
                    told.revoked.allSatisfy { [.revoked, .expired].contains(Self.refusal($0, verifier)) }
                }
            }
            state.withLock { $0.refused = told.revoked }
        }

        private static func refusal(_ token: String, _ verifier: TokenVerifier) -> VerificationError? {
            do throws(VerificationError) {
                _ = try verifier.verifyNow(token)
                return nil
            } catch {
                return error
            }
        }
    }
#endif
