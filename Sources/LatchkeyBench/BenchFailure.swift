/// Why the measurement cannot go on, or what one request got instead of its answer.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
