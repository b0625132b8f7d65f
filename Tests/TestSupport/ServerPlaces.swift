import Synchronization
package import Testing

/// How many servers tests run beside each other. More than this only take the processors from one another.
///
/// A test that holds a place gets further servers without waiting, or two tests could wait for each other for ever.
package final class ServerPlaces: Sendable {
    package static let shared = ServerPlaces(count: 6)

    /// Who holds places: a whole test, for the processes that it starts one after the other, or one call.
    enum Holder: Hashable {
        case test(Test.ID)
        case call(UInt64)
        case crowd(UInt64)
    }

    private struct State {
        var held: [Holder: Int] = [:]
        var waiting: [(holder: Holder, wake: CheckedContinuation<Void, Never>)] = []
        var calls: UInt64 = 0

        /// Whoever wants to be alone waits for everybody, and everybody for it.
        func admits(_ holder: Holder, of count: Int) -> Bool {
            if case .crowd = holder { return held.isEmpty }
            let isCrowded = held.keys.contains { if case .crowd = $0 { true } else { false } }
            return !isCrowded && held.count < count
        }
    }

    @TaskLocal private static var isInside = false

    private let count: Int
    private let state = Mutex(State())

    init(count: Int) { self.count = count }

    /// Runs `body` when there is a place, in the order in which they came.
    package func withPlace<Value>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async rethrows -> Value {
        try await within(.call(nextCall()), body)
    }

    /// Runs `body` while no other test has a server.
    package func withAllPlaces<Value>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async rethrows -> Value {
        try await within(.crowd(nextCall()), body)
    }

    private func within<Value>(
        isolation: isolated (any Actor)? = #isolation, _ holder: Holder, _ body: () async throws -> Value
    ) async rethrows -> Value {
        if Self.isInside || currentTestHoldsPlace { return try await body() }
        await enter(holder)
        defer { leave(holder) }
        return try await Self.$isInside.withValue(true) { try await body() }
    }

    /// A place for the test that runs, until the lease is given back.
    func lease() async -> Lease {
        guard !Self.isInside, let test = Test.current?.id else { return Lease(places: self, holder: nil) }
        await enter(.test(test))
        return Lease(places: self, holder: .test(test))
    }

    /// Given back when it goes.
    final class Lease: Sendable {
        private let places: ServerPlaces
        private let holder: Holder?

        fileprivate init(places: ServerPlaces, holder: Holder?) {
            self.places = places
            self.holder = holder
        }

        deinit { if let holder { places.leave(holder) } }
    }

    private var currentTestHoldsPlace: Bool {
        guard let test = Test.current?.id else { return false }
        return state.withLock { $0.held[.test(test)] != nil }
    }

    private func nextCall() -> UInt64 {
        state.withLock {
            $0.calls += 1
            return $0.calls
        }
    }

    private func enter(_ holder: Holder) async {
        await withCheckedContinuation { wake in
            let isAdmitted = state.withLock { state in
                let mayEnter =
                    state.held[holder] != nil || state.waiting.isEmpty && state.admits(holder, of: count)
                if mayEnter { state.held[holder, default: 0] += 1 } else { state.waiting.append((holder, wake)) }
                return mayEnter
            }
            if isAdmitted { wake.resume() }
        }
    }

    private func leave(_ holder: Holder) {
        let admitted = state.withLock { state in
            let left = (state.held[holder] ?? 1) - 1
            state.held[holder] = left == 0 ? nil : left
            var admitted: [CheckedContinuation<Void, Never>] = []
            while let next = state.waiting.first, state.held[next.holder] != nil || state.admits(next.holder, of: count)
            {
                state.waiting.removeFirst()
                state.held[next.holder, default: 0] += 1
                admitted.append(next.wake)
            }
            return admitted
        }
        for wake in admitted { wake.resume() }
    }
}

/// Runs each test of a suite while no other test has a server: for thousands of connections at a time.
package struct AloneTrait: SuiteTrait, TestTrait, TestScoping {
    /// Test by test: a suite that had all the places would wait for tests that wait for a place.
    package var isRecursive: Bool { true }

    @concurrent package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await ServerPlaces.shared.withAllPlaces { try await function() }
    }
}

extension Trait where Self == AloneTrait {
    /// No other test has a server meanwhile.
    package static var alone: AloneTrait { AloneTrait() }
}
