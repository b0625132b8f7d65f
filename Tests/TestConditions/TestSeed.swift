import Foundation

/// The seed of one run of the tests. Each run draws another one and prints it; `LATCHKEY_TEST_SEED` brings one back.
package enum TestSeed {
    /// Drawn and printed once in a process.
    package static let ofThisRun: UInt64 = {
        let given = ProcessInfo.processInfo.environment["LATCHKEY_TEST_SEED"].map { text in
            guard let seed = UInt64(text) else { preconditionFailure("LATCHKEY_TEST_SEED is no whole number") }
            return seed
        }
        let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
        print("Random histories of this run: LATCHKEY_TEST_SEED=\(seed)")
        return seed
    }()

    /// Seeds for the cases of a parameterised test; the first one is this run's, so that a run with the seed of a case
    /// that failed begins with it.
    package static func cases(_ count: Int) -> [UInt64] { (0..<UInt64(count)).map { ofThisRun &+ $0 } }

    /// A generator for a test that draws one history. `purpose` keeps two tests apart.
    package static func generator(_ purpose: StaticString) -> SeededGenerator {
        var seed = ofThisRun
        // The name's bytes live as long as the program.
        for index in 0..<purpose.utf8CodeUnitCount { seed = seed &* 31 &+ UInt64(unsafe purpose.utf8Start[index]) }
        return SeededGenerator(seed: seed)
    }
}
