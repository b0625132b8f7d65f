/// How long and how often to measure. Times are seconds.
struct BenchPlan: Sendable, Codable {
    let name: String
    let rounds: Int
    /// Rows that Argon2 governs: one hash takes long, so a short slice would be coarse.
    let hashSeconds: Double
    /// Every other row.
    let sliceSeconds: Double
    /// Before the first round, each load once, not counted.
    let warmUpSeconds: Double
    let starts: Int
    /// Entries of the long lists.
    let listLengths: [Int]
    /// Pollers of the burst, and revocations in it.
    let crowd: Int
    let burst: Int

    var isQuick: Bool { name == Self.quick.name }

    static let full = BenchPlan(
        name: "full", rounds: 3, hashSeconds: 5, sliceSeconds: 2, warmUpSeconds: 0.5, starts: 5,
        listLengths: [1000, 100_000, 1_000_000], crowd: 500, burst: 10_000)
    static let quick = BenchPlan(
        name: "quick", rounds: 2, hashSeconds: 1.5, sliceSeconds: 0.7, warmUpSeconds: 0.1, starts: 3,
        listLengths: [1000, 100_000], crowd: 100, burst: 2000)
}
