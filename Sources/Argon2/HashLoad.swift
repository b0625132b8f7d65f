/// How long a queued job will wait, estimated from how long recent jobs took. Pure.
struct HashLoad {
    /// How much the newest job moves the mean: about the last 20 jobs count.
    private static let smoothing = 0.1
    /// Assumed until the first job has been measured: a hash with the default parameters, generously.
    private static let presumedSeconds = 0.03

    /// Exponentially weighted mean of the seconds that one unit of weight takes; nil before the first job.
    private(set) var meanSeconds: Double?
    let threads: Int

    init(threads: Int) { self.threads = threads }

    mutating func record(_ elapsed: Duration, weight: Int) {
        let seconds = max(0, elapsed / .seconds(1)) / Double(max(1, weight))
        guard let mean = meanSeconds else {
            meanSeconds = seconds
            return
        }
        meanSeconds = mean + (seconds - mean) * Self.smoothing
    }

    /// Expected seconds until a job starts that has `workAhead` units queued before it.
    ///
    /// With a thread free and nothing ahead that is none. Otherwise the first thread to finish is at worst at the start
    /// of the lightest running job, and then all threads share the work ahead.
    func waitSeconds(workAhead: Int, running: [Int]) -> Double {
        let mean = meanSeconds ?? Self.presumedSeconds
        let untilFirstIsFree = running.count < threads ? 0 : Double(running.min() ?? 0)
        return mean * (untilFirstIsFree + Double(workAhead) / Double(threads))
    }
}
