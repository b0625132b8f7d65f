import Foundation
import LatchkeyTokens
package import Logging

/// Writes one line for each event to standard error, as text for people or as JSON for machines.
///
/// Control characters are escaped in both forms, so that nothing that a stranger sent can forge a line or steer a
/// terminal (ASVS 16.4.1).
package struct LineLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: EffectiveSettings.LogFormat
    private let write: @Sendable (String) -> Void

    /// - Parameter write: gets each line with its line ending.
    package init(
        label: String, level: Logger.Level, format: EffectiveSettings.LogFormat,
        write: @escaping @Sendable (String) -> Void = LineLogHandler.standardError
    ) {
        self.label = label
        self.logLevel = level
        self.format = format
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let merged = metadata.merging(metadataProvider?.get() ?? [:]) { _, new in new }
            .merging(event.metadata ?? [:]) { _, new in new }
        let fields = merged.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        let time = Self.time()
        switch format {
        case .text:
            let tail = fields.map { " \($0.0)=\(Self.escaped($0.1))" }.joined()
            write("\(time) \(event.level.rawValue) \(label): \(Self.escaped("\(event.message)"))\(tail)\n")
        case .json:
            let line = JSONWriter.object { json in
                json.member("time", time)
                json.member("level", event.level.rawValue)
                json.member("logger", label)
                json.member("message", "\(event.message)")
                for (key, value) in fields { json.member(key, value) }
            }
            write(String(decoding: line, as: UTF8.self) + "\n")
        }
    }

    /// One `write` for each line, so that lines of several threads do not mix.
    package static let standardError: @Sendable (String) -> Void = { line in
        FileHandle.standardError.write(Data(line.utf8))
    }

    private static func time() -> String {
        Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
    }

    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        return text.unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control
                ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
        .joined()
    }
}

extension LineLogHandler {
    /// Sends every logger of the process here. Once, before the first logger is made.
    package static func bootstrap(_ settings: EffectiveSettings) {
        let level = settings.logLevel
        let format = settings.logFormat
        LoggingSystem.bootstrap { LineLogHandler(label: $0, level: level, format: format) }
    }
}
