import Testing

@testable import Argon2

struct Argon2ParametersTests {
    @Test(arguments: [
        (7, 1, 1, Argon2ParametersError.memory), (0, 1, 1, .memory), (-1, 1, 1, .memory), (31, 1, 4, .memory),
        (127, 1, 16, .memory), (4_194_305, 1, 1, .memory), (Int.max, 1, 1, .memory),
        (64, 0, 1, .iterations), (64, 65, 1, .iterations), (64, -3, 1, .iterations), (64, Int.max, 1, .iterations),
        (1024, 1, 0, .parallelism), (1024, 1, 17, .parallelism), (1024, 1, Int.max, .parallelism),
        (1024, 1, Int.min, .parallelism),
    ])
    func `a cost outside the bounds cannot be expressed`(
        memoryKiB: Int, iterations: Int, parallelism: Int, error: Argon2ParametersError
    ) {
        #expect(throws: error) {
            try Argon2Parameters(memoryKiB: memoryKiB, iterations: iterations, parallelism: parallelism)
        }
    }

    @Test(arguments: [(8, 1, 1), (128, 1, 16), (4_194_304, 64, 16)])
    func `the bounds themselves are accepted`(memoryKiB: Int, iterations: Int, parallelism: Int) throws {
        let parameters = try Argon2Parameters(
            memoryKiB: memoryKiB, iterations: iterations, parallelism: parallelism)
        #expect(parameters.memoryKiB == memoryKiB)
        #expect(parameters.iterations == iterations)
        #expect(parameters.parallelism == parallelism)
    }

    @Test func `the default is 19 MiB in two passes on one lane`() {
        #expect(Argon2Parameters.default == lowCost(memoryKiB: 19_456, iterations: 2))
        #expect(Argon2Parameters.default.memoryKiB == 19_456)
    }

    @Test(arguments: [
        (47_104, 1, false), (47_103, 1, true), (19_456, 2, false), (19_455, 2, true), (12_288, 3, false),
        (12_287, 3, true), (9_216, 4, false), (9_215, 4, true), (7_168, 5, false), (7_167, 5, true), (7_167, 64, true),
        (2_097_152, 1, false), (40_000, 1, true), (40_000, 2, false), (8, 1, true),
    ])
    func `the minimum is any of the five sets of equal strength`(memoryKiB: Int, iterations: Int, isBelow: Bool) {
        #expect(lowCost(memoryKiB: memoryKiB, iterations: iterations).isBelowOWASPMinimum == isBelow)
    }

    @Test(arguments: [
        ((19_455, 2, 1), true), ((19_456, 1, 1), true), ((12_288, 5, 1), true), ((30_000, 1, 1), true),
        ((19_456, 2, 1), false), ((19_456, 2, 2), false), ((47_104, 1, 1), false), ((65_536, 3, 4), false),
    ])
    func `weaker is less memory or less work than the policy`(stored: (Int, Int, Int), isWeaker: Bool) {
        let parameters = lowCost(memoryKiB: stored.0, iterations: stored.1, parallelism: stored.2)
        #expect(parameters.isWeaker(than: .default) == isWeaker)
    }

    @Test func `every error says which range was broken`() {
        #expect("\(Argon2ParametersError.memory)".contains("4194304 KiB"))
        #expect("\(Argon2ParametersError.iterations)".contains("1 to 64"))
        #expect("\(Argon2ParametersError.parallelism)".contains("1 to 16"))
    }
}
