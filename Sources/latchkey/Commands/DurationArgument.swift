import ArgumentParser

/// A duration on the command line: `30s`, `5m`, `14d`.
struct DurationArgument: ExpressibleByArgument, Sendable {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = DurationText.parse(argument) else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String { DurationText.string(duration) }

    /// For the wire: whole seconds.
    var seconds: Int64 { duration.components.seconds }
}

/// A duration that may also be taken back: `default` returns to the issuer's setting.
struct DurationChange: ExpressibleByArgument, Sendable {
    /// `nil`: back to the issuer's setting.
    let duration: DurationArgument?

    init?(argument: String) {
        guard argument != "default" else {
            duration = nil
            return
        }
        guard let duration = DurationArgument(argument: argument) else { return nil }
        self.duration = duration
    }
}
