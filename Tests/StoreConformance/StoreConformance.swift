import LatchkeyCore
import Testing

/// One promise of ``Store``, checked on a store that is empty at first.
package struct StoreCase: Sendable, CustomTestStringConvertible {
    package let name: String
    let body: @Sendable (StoreHarness) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (StoreHarness) async throws -> Void) {
        self.name = name
        self.body = body
    }

    package var testDescription: String { name }

    /// Runs the case.
    ///
    /// - Parameter open: opens the store at a place of its own; called again when the case reopens it.
    package func run(_ open: @escaping StoreHarness.Open) async throws {
        let harness = try await StoreHarness(open)
        do {
            try await body(harness)
            await harness.store.shutdown()
        } catch {
            await harness.store.shutdown()
            throw error
        }
        harness.expectSoundLog()
    }
}

/// What every implementation of ``Store`` has to pass.
package enum StoreConformance {
    package static let cases: [StoreCase] =
        loginCases + rotationCases + revocationCases + gateCases + userCases + profileCases + clientCases + keyCases
        + upkeepCases + streamCases + serverSessionCases + statusListCases + signInCases + browserSessionCases
}
