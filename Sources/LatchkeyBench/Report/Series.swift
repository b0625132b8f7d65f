/// A curve for the page: what was measured over the time of a run.
struct Series: Sendable, Codable {
    let title: String
    /// What `values` count, such as `ms` or `MiB`.
    let unit: String
    /// Since the start of the run.
    let seconds: [Double]
    /// As many as there are `seconds`.
    let values: [Double]

    init(title: String, unit: String, points: [(seconds: Double, value: Double)]) {
        self.title = title
        self.unit = unit
        seconds = points.map(\.seconds)
        values = points.map(\.value)
    }
}
