import Testing

@testable import Argon2

struct CalibrationTests {
    /// A machine on which a pass over a MiB takes so long.
    private func machine(perMiB: Duration) -> (Argon2Parameters) throws -> Duration {
        { perMiB * $0.workKiB / 1024 }
    }

    private func calibration(_ target: Duration, _ memoryMiB: Int, threads: Int = 1) -> Calibration {
        Calibration(target: target, memoryBudgetKiB: memoryMiB * 1024, threads: threads)
    }

    @Test func `too slow a machine gets the cheapest acceptable cost and is told`() throws {
        let proposal = try calibration(.milliseconds(1), 1024).propose(measure: machine(perMiB: .milliseconds(1)))
        #expect(!proposal.isWithinTarget)
        #expect(!proposal.parameters.isBelowOWASPMinimum)
        #expect(proposal.parameters == lowCost(memoryKiB: 7_168, iterations: 5))
        #expect(proposal.measured == .milliseconds(35))
    }

    @Test func `too little memory is told, and not undercut`() throws {
        let proposal = try calibration(.seconds(1), 4).propose(measure: machine(perMiB: .milliseconds(1)))
        #expect(!proposal.isWithinTarget)
        #expect(proposal.parameters == lowCost(memoryKiB: 7_168, iterations: 5))
    }

    @Test func `ample memory is cut to what a single pass can fill in time`() throws {
        let proposal = try calibration(.milliseconds(100), 1024).propose(measure: machine(perMiB: .milliseconds(1)))
        #expect(proposal.isWithinTarget)
        #expect(proposal.parameters.iterations == 1)
        #expect((80 * 1024...100 * 1024).contains(proposal.parameters.memoryKiB))
    }

    @Test func `time that memory does not use goes into passes`() throws {
        let proposal = try calibration(.milliseconds(100), 64, threads: 2)
            .propose(measure: machine(perMiB: .milliseconds(1)))
        #expect(
            proposal
                == .init(
                    parameters: lowCost(memoryKiB: 32 * 1024, iterations: 3), measured: .milliseconds(96),
                    isWithinTarget: true))
    }

    @Test func `a little memory and a little time end on the set of equal strength`() throws {
        // 24 MiB would take one pass in 30 ms, which is below the minimum; 19 MiB twice takes 38.
        let proposal = try calibration(.milliseconds(40), 24).propose(measure: machine(perMiB: .milliseconds(1)))
        #expect(proposal.parameters == .default)
        #expect(proposal.isWithinTarget)
    }

    @Test func `an endlessly fast machine stays within the bounds`() throws {
        let proposal = try calibration(.seconds(1), 1 << 30).propose { _ in .zero }
        #expect(proposal.parameters == lowCost(memoryKiB: 4_194_304, iterations: 64))
    }

    @Test func `a failing measurement is passed on`() {
        #expect(throws: Argon2Failure.outOfMemory) {
            try calibration(.seconds(1), 64).propose { _ in throw Argon2Failure.outOfMemory }
        }
    }

    @Test func `the real measurement computes hashes`() throws {
        #expect(try Calibration.measureOnThisThread(cheap) > .zero)
    }
}
