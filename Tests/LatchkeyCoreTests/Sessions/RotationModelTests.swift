import LatchkeyCore
import LatchkeyTokens
import TestConditions
import Testing

/// Random histories of holders, networks and tabs against the generation table: who must never be logged out, and who
/// must be. RFC 9700 4.14.2 under exactly the bounds that the design states.
struct RotationModelTests {
    /// The server's side: one lineage, as the writer would keep it.
    private struct Lineages {
        var lineage = Session.Lineage.begun(at: Timestamp(seconds: 1_795_420_800), from: "a")
        var hasEnded = false
        var recoveries: [Int64] = []
        let transport: Session.Transport
        static let policy = RefreshPolicy(
            reuseWindow: .seconds(30), recoveryLimit: 8, idleLifetime: .seconds(1_000_000))

        enum Answer: Equatable { case successor(UInt32), accessOnly, ended }

        mutating func present(_ generation: UInt32, at milliseconds: Int64) -> Answer {
            guard !hasEnded else { return .ended }
            let now = Timestamp(milliseconds: 1_795_420_800_000 + milliseconds)
            let decision = RefreshDecision.decide(
                lineage: lineage, presented: generation, transport: transport, network: "a", policy: Self.policy,
                now: now)
            switch decision {
            case .rotate(let next), .fastForward(let next): lineage = next
            case .recover(let next):
                lineage = next
                recoveries.append(milliseconds)
            case .sameSuccessor: break
            case .accessOnly: return .accessOnly
            case .replay, .exhausted:
                hasEnded = true
                return .ended
            }
            return .successor(lineage.current)
        }

        func mayRecover(at milliseconds: Int64) -> Bool {
            recoveries.filter { $0 > milliseconds - 86_400_000 }.count < 8
        }
    }

    @Test(arguments: TestSeed.cases(150))
    func `a holder that refreshes one at a time is never logged out by a bad network`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var server = Lineages(transport: .body)
        var held: UInt32 = 1
        var now: Int64 = 0
        for _ in 0..<400 {
            now += Int64.random(in: 0...Int64.random(in: 0...1) * 90_000 + 200, using: &random)
            let arrives = Int.random(in: 0..<10, using: &random) > 0
            guard arrives else { continue }
            let answer = server.present(held, at: now)
            // A crash between commit and reply, a lost answer, and a request that a proxy sends twice look alike.
            if Bool.random(using: &random) { _ = server.present(held, at: now + 1) }
            #expect(answer != .ended, "seed \(seed) at \(now)")
            // The bound of the promise: no more late recoveries in a day than the limit allows.
            let mayLose = server.mayRecover(at: now)
            let isLost = mayLose && Int.random(in: 0..<4, using: &random) == 0
            if case .successor(let next) = answer, !isLost { held = next }
        }
        #expect(!server.hasEnded)
    }

    private enum Event {
        case arrives(UInt32)
        case answered(UInt32)
    }

    @Test(arguments: TestSeed.cases(150))
    func `any number of tabs on one cookie are never logged out`(seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 1_000_000)
        var server = Lineages(transport: .cookie)
        var jar: UInt32 = 1
        var queue: [(at: Int64, event: Event)] = []
        var clock: Int64 = 0
        // Each tab sends with the cookie of that moment; answers overtake each other and may be lost. Request and
        // answer together take less than half the window.
        var sends: [Int64] = []
        for _ in 0..<300 {
            clock += Int64.random(in: 0...1, using: &random) * Int64.random(in: 0...80_000, using: &random)
            sends.append(clock)
        }
        var sent = 0
        while sent < sends.count || !queue.isEmpty {
            queue.sort { $0.at < $1.at }
            if sent < sends.count, queue.first.map({ sends[sent] <= $0.at }) ?? true {
                let delay = Int64.random(in: 0..<7_000, using: &random)
                queue.append((sends[sent] + delay, .arrives(jar)))
                sent += 1
                continue
            }
            let (now, event) = queue.removeFirst()
            switch event {
            case .arrives(let generation):
                let answer = server.present(generation, at: now)
                #expect(answer != .ended, "seed \(seed) at \(now)")
                let mayLose = server.mayRecover(at: now)
                if case .successor(let next) = answer, !(mayLose && Int.random(in: 0..<5, using: &random) == 0) {
                    queue.append((now + Int64.random(in: 0..<7_000, using: &random), .answered(next)))
                }
            case .answered(let next): jar = next
            }
        }
        #expect(!server.hasEnded)
    }

    @Test(arguments: TestSeed.cases(300))
    func `two holders are found out at the latest at the second change of hands`(seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 2_000_000)
        var server = Lineages(transport: Bool.random(using: &random) ? .body : .cookie)
        var now: Int64 = 0
        var owner: UInt32 = 1
        func later() -> Int64 { Int64.random(in: 30_001...200_000, using: &random) }
        // The owner lives for a while, sometimes losing the last answer before the theft.
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            now += later()
            if case .successor(let next) = server.present(owner, at: now) { owner = next }
        }
        if Bool.random(using: &random) {
            now += later()
            _ = server.present(owner, at: now)
        }
        var tokens = [owner, owner]
        var last: Int?
        var changes = 0
        for _ in 0..<40 where !server.hasEnded {
            let holder = Int.random(in: 0...1, using: &random)
            if let last, last != holder { changes += 1 }
            last = holder
            now += later()
            switch server.present(tokens[holder], at: now) {
            case .successor(let next): tokens[holder] = next
            case .accessOnly: break
            case .ended: break
            }
            if changes >= 2 { #expect(server.hasEnded, "seed \(seed): still live after change \(changes)") }
        }
        #expect(server.hasEnded || changes < 2)
    }
}
