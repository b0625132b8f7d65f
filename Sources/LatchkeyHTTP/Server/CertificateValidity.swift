import Foundation
package import LatchkeyTokens
import Synchronization

/// The period in which a certificate is valid.
package struct CertificateValidity: Sendable, Equatable {
    /// How long before its expiry a certificate causes a warning.
    package static let warnedOf: Duration = .seconds(14 * 86_400)

    package let notBefore: Timestamp
    package let notAfter: Timestamp

    package init(notBefore: Timestamp, notAfter: Timestamp) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// The state of a certificate at an instant.
    package enum State: Sendable, Equatable {
        case good
        case endsSoon
        /// Clients refuse it.
        case notYet, over
    }

    /// The state at `now`.
    package func state(at now: Timestamp) -> State {
        if now < notBefore { return .notYet }
        if now > notAfter { return .over }
        return notAfter - now < Self.warnedOf ? .endsSoon : .good
    }

    /// What an operator should know, without a file name; nil if all is well.
    package func concern(at now: Timestamp) -> String? {
        switch state(at: now) {
        case .good: nil
        case .endsSoon:
            "The TLS certificate expires \(Self.text(notAfter)), in \(Self.days(notAfter - now)). Renew it."
        case .notYet: "The TLS certificate is not valid before \(Self.text(notBefore)): clients refuse it until then."
        case .over: "The TLS certificate expired \(Self.text(notAfter)): clients refuse it. Renew it."
        }
    }

    private static func text(_ instant: Timestamp) -> String {
        Date(timeIntervalSince1970: TimeInterval(instant.seconds)).formatted(.iso8601).replacing("T", with: " ")
    }

    private static func days(_ duration: Duration) -> String {
        let days = duration.components.seconds / 86_400
        return days == 0 ? "less than a day" : days == 1 ? "1 day" : "\(days) days"
    }
}

/// The served certificate, for code that reports on it; empty without TLS, and before the server listens.
package final class ServedCertificate: Sendable {
    private let identity = Mutex<TLSIdentity?>(nil)

    package init() {}

    /// Serves this one from now on, including anything that it reads later.
    package func serve(_ identity: TLSIdentity) { self.identity.withLock { $0 = identity } }

    package var validity: CertificateValidity? { identity.withLock { $0 }?.validity }
}
