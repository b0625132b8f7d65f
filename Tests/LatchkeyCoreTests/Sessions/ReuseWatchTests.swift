import LatchkeyTokens
import TestConditions
import Testing

@testable import LatchkeyCore

/// Who shares a lineage is noticed, who loses answers or has tabs is not.
struct ReuseWatchTests {
    private static let start = Timestamp(seconds: 1_795_420_800)
    private let session = SessionID.generate(at: start)
    private let watch = ReuseWatch()

    /// The successor of `held` is given again.
    @discardableResult
    private func reuse(
        _ held: UInt32, successor: UInt32? = nil, of other: SessionID? = nil, isCookie: Bool = false,
        elsewhere: Bool = false, delay: Duration = .zero, at seconds: Int64 = 0
    ) -> ReuseWatch.Run? {
        watch.note(
            ReuseWatch.Reuse(
                session: other ?? session, held: held, successor: successor ?? held + 1, isCookie: isCookie,
                elsewhere: elsewhere, delay: delay, at: Self.start + .seconds(seconds)))
    }

    @Test func `four generations in a row are told, three are not`() {
        for held in UInt32(1)...3 { #expect(reuse(held) == nil) }
        #expect(watch.run(of: session) == nil)
        #expect(watch.figures.runs == 0)
        let run = ReuseWatch.Run(generations: 4, answers: 4, elsewhere: 0)
        #expect(reuse(4) == run)
        #expect(watch.run(of: session) == run)
        #expect(watch.figures == ReuseWatch.Figures(answers: 4, elsewhere: 0, runs: 1))
    }

    @Test func `any time may lie between the generations`() {
        for held in UInt32(1)...4 { reuse(held, at: Int64(held) * 7 * 86400) }
        #expect(watch.run(of: session)?.generations == 4)
    }

    @Test func `lost answers now and then are never told, however many tries each takes`() {
        for held in UInt32(1)...400 where held % 4 != 0 {
            for _ in 0..<20 { #expect(reuse(held, at: Int64(held) * 280) == nil) }
        }
        #expect(watch.run(of: session) == nil)
        #expect(watch.figures.runs == 0)
        #expect(watch.figures.answers == 6000)
    }

    @Test func `one held token is one generation, whatever forks it goes through`() {
        // Nothing arrives at all: each try forks, is repeated, and gets the fork's successor again.
        for successor in UInt32(2)...9 {
            for _ in 0..<3 { #expect(reuse(1, successor: successor) == nil) }
        }
        #expect(watch.run(of: session) == nil)
    }

    @Test func `answers that are late to be counted neither break a run nor lengthen it`() {
        for held in UInt32(1)...3 { reuse(held) }
        for held in UInt32(1)...3 { #expect(reuse(held) == nil) }
        #expect(reuse(4) == ReuseWatch.Run(generations: 4, answers: 7, elsewhere: 0))
    }

    @Test func `a run that continues is reported once an hour`() {
        var told: [Int64] = []
        for number in 0..<360 {
            let seconds = Int64(number) * 30
            if reuse(UInt32(number) + 1, at: seconds) != nil { told.append(seconds) }
        }
        #expect(told == [90, 3690, 7290])
        #expect(watch.figures.runs == 1)
    }

    @Test func `runs that begin repeatedly are reported once an hour`() {
        var told = 0
        var held: UInt32 = 1
        for number in 0..<240 {
            // Each fifth generation has one holder.
            held += number % 4 == 0 ? 2 : 1
            if reuse(held, at: Int64(number) * 15) != nil { told += 1 }
        }
        #expect(told == 1)
        #expect(watch.figures.runs == 60)
    }

    @Test func `a clock that was set back does not silence a run`() {
        for held in UInt32(1)...4 { reuse(held, at: 7200) }
        #expect(reuse(5, at: 0) != nil)
    }

    @Test func `tabs that wake together are not told, what comes later or from elsewhere is`() {
        for held in UInt32(1)...100 {
            #expect(reuse(held, isCookie: true, delay: .milliseconds(4999)) == nil)
        }
        #expect(watch.run(of: session) == nil)
        #expect(watch.figures.answers == 100)
        let late = SessionID.generate(at: Self.start)
        for held in UInt32(1)...4 { reuse(held, of: late, isCookie: true, delay: .seconds(5)) }
        #expect(watch.run(of: late)?.generations == 4)
        let elsewhere = SessionID.generate(at: Self.start)
        for held in UInt32(1)...4 { reuse(held, of: elsewhere, isCookie: true, elsewhere: true) }
        #expect(watch.run(of: elsewhere) == ReuseWatch.Run(generations: 4, answers: 4, elsewhere: 4))
    }

    @Test func `tabs do not hide a use of the cookie elsewhere`() {
        for held in UInt32(1)...4 {
            reuse(held, isCookie: true)
            reuse(held, isCookie: true, elsewhere: true, delay: .seconds(1))
            reuse(held, isCookie: true)
        }
        #expect(watch.run(of: session) == ReuseWatch.Run(generations: 4, answers: 4, elsewhere: 4))
    }

    @Test func `memory is bounded, and a run outlives a flood of single events`() {
        for held in UInt32(1)...3 { reuse(held) }
        for number in 0..<40_000 {
            reuse(1, of: .generate(at: Self.start), at: Int64(number) / 100)
            if number % 1000 == 0 { #expect(watch.count <= ReuseWatch.capacity) }
        }
        #expect(watch.count <= ReuseWatch.capacity)
        #expect(reuse(4, at: 500) != nil)
        // Runs alone cannot grow it either: the oldest go.
        for number in 0..<20_000 {
            let other = SessionID.generate(at: Self.start)
            for held in UInt32(1)...2 { reuse(held, of: other, at: 1000 + Int64(number)) }
        }
        #expect(watch.count <= ReuseWatch.capacity)
    }

    @Test func `the last generations there are are counted without a trap`() {
        for held in (UInt32.max - 4)..<UInt32.max { reuse(held) }
        #expect(watch.run(of: session)?.generations == 4)
    }
}

/// The watch behind the generation table: random histories of two who take care to get along.
struct SharedLineageModelTests {
    /// The server's side: one lineage and the watch.
    private struct Server {
        static let policy = RefreshPolicy(
            reuseWindow: .seconds(30), recoveryLimit: 8, idleLifetime: .seconds(1_000_000))
        let session = SessionID.generate(at: Timestamp(seconds: 1_795_420_800))
        let watch = ReuseWatch()
        var lineage = Session.Lineage.begun(at: Timestamp(seconds: 1_795_420_800), from: "a")

        /// The successor, or nil when there is none.
        mutating func present(_ generation: UInt32, at milliseconds: Int64) -> UInt32? {
            let now = Timestamp(milliseconds: 1_795_420_800_000 + milliseconds)
            let decision = RefreshDecision.decide(
                lineage: lineage, presented: generation, transport: .body, network: "a", policy: Self.policy, now: now)
            switch decision {
            case .rotate(let next), .recover(let next): lineage = next
            case .sameSuccessor(let elsewhere):
                _ = watch.note(
                    ReuseWatch.Reuse(
                        session: session, held: lineage.held, successor: lineage.current, isCookie: false,
                        elsewhere: elsewhere, delay: now - lineage.rotatedAt, at: now))
            default: return nil
            }
            return lineage.current
        }
    }

    @Test(arguments: TestSeed.cases(200))
    func `two long-term holders of a lineage are noticed, whichever rotates and however they time it`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var server = Server()
        var now: Int64 = 0
        // The owner lives alone for a while, with a bad network.
        var token: UInt32 = 1
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            now += Int64.random(in: 31_000...300_000, using: &random)
            if let next = server.present(token, at: now) { token = next }
        }
        #expect(server.watch.run(of: server.session) == nil)
        var shared = 0
        for _ in 0..<10 {
            now += Int64.random(in: 100...300_000, using: &random)
            let first = server.present(token, at: now)
            // The other one, whichever of the two it is, and perhaps both once more.
            var others: [UInt32?] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                others.append(server.present(token, at: now + Int64.random(in: 0..<15_000, using: &random)))
            }
            #expect(others.allSatisfy { $0 == first }, "seed \(seed): they share it")
            token = first ?? token
            now += 15_000
            shared += 1
            let isNoticed = server.watch.run(of: server.session) != nil
            #expect(isNoticed == (shared >= ReuseWatch.tellingRun), "seed \(seed) after \(shared)")
        }
    }

    @Test(arguments: TestSeed.cases(50))
    func `one holder whose network loses one answer in fifty is not noticed in a week`(seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 1_000_000)
        var server = Server()
        var now: Int64 = 0
        var token: UInt32 = 1
        for _ in 0..<2016 {
            now += 285_000
            var answer = server.present(token, at: now)
            var delay: Int64 = 0
            while Int.random(in: 0..<50, using: &random) == 0 {
                // A retry after some seconds, some of them too late for the same successor.
                delay += Int64.random(in: 500...12_000, using: &random)
                answer = server.present(token, at: now + delay) ?? answer
            }
            token = answer ?? token
        }
        #expect(server.watch.figures.runs == 0, "seed \(seed)")
    }
}
