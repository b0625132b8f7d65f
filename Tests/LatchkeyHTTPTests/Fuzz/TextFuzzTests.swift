import Foundation
import TestConditions
import Testing

/// Texts that strangers send, read by our code and by a reference that knows only bytes: no input has two readings.
///
/// `LATCHKEY_TEST_FUZZ_INPUTS` asks for another number of inputs, `LATCHKEY_TEST_SEED` for the ones of an earlier run.
struct TextFuzzTests {
    private static let count =
        ProcessInfo.processInfo.environment["LATCHKEY_TEST_FUZZ_INPUTS"].flatMap { Int($0) } ?? 50_000

    @Test func `code and bytes read every input alike`() {
        let seed = TestSeed.ofThisRun
        var random = HostileText(seed: seed)
        var differences = 0
        let start = ContinuousClock.now
        for index in 0..<Self.count {
            let reading = TextReading.all[index % TextReading.all.count]
            guard let difference = reading.differ(&random) else { continue }
            differences += 1
            if differences <= 20 {
                Issue.record("\(reading.name), LATCHKEY_TEST_SEED=\(seed), input \(index): \(difference)")
            }
        }
        print(
            "text fuzz: LATCHKEY_TEST_SEED=\(seed), \(Self.count) inputs of \(TextReading.all.count) kinds, "
                + "\(differences) differences, \(ContinuousClock.now - start)")
        #expect(differences == 0)
    }

    /// A generator that makes only rubbish would agree with anything.
    @Test func `inputs of each kind are accepted and refused`() {
        // The reference alone, which the test above holds the code to.
        var random = HostileText(seed: 1)
        var accepted: Set<String> = []
        for _ in 0..<20_000 {
            let words = ["203.0.113.60", ",", ", ", "10.1.2.3"]
            let lines = random.lines(words).map(ByteReference.line)
            let client = ByteReference.client(peer: [10, 0, 0, 1], xForwardedFor: lines, forwarded: [])
            accepted.insert(client == [203, 0, 113, 60] ? "named" : client[0] == 10 ? "proxy" : "other")
            accepted.insert(ByteReference.cookie("lk", random.lines(["lk=abc", ";", "x"]).map(ByteReference.line)))
            accepted.insert(ByteReference.form(random.bytes(["a", "=", "&", "%41"])) == nil ? "no form" : "form")
        }
        #expect(accepted.isSuperset(of: ["named", "proxy", "absent", "value abc", "ambiguous", "no form", "form"]))
    }
}
