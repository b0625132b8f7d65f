import LatchkeyCore
import LatchkeyHTTP

/// What `serve` says when it is up: where it listens, who it is, where its data lies, and what should not stay so.
struct StartupReport {
    let settings: EffectiveSettings
    let ready: ServerReady

    var warnings: [String] {
        var warnings = settings.warnings
        let directory = settings.dataDirectory
        if directory.isOpenToOthers {
            warnings.append("Other users of this machine may look into \(directory.path): chmod 700 it.")
        }
        return warnings
    }

    var lines: [String] {
        let scheme = settings.tls == nil ? "http" : "https"
        let addresses = ready.addresses.map { "\(scheme)://\($0)" }.joined(separator: "  ")
        var lines = ["Latchkey \(Latchkey.version) is listening on \(addresses)"]
        if !ready.adminAddresses.isEmpty {
            let admin = ready.adminAddresses.map { "\(scheme)://\($0)" }.joined(separator: "  ")
            lines.append("  admin API  \(admin)")
        }
        lines.append("  issuer     \(settings.core.issuer)")
        lines.append("  data       \(settings.dataDirectory.path)")
        lines += warnings.map { "Warning: \($0)" }
        return lines
    }
}
