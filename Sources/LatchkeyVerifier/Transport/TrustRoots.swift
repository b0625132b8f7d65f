import Glibc
package import NIOSSL

/// The authorities that must have issued a server's certificate.
public struct TrustRoots: Sendable, Hashable {
    /// Nil for the system's authorities.
    private let file: String?

    /// The file that the environment variable `SSL_CERT_FILE` names at this call, as in OpenSSL; otherwise the system's
    /// authorities.
    public static var system: TrustRoots {
        // Copied at once; no code in a process of ours changes the environment.
        let text = unsafe getenv("SSL_CERT_FILE").map { unsafe String(cString: $0) }
        return TrustRoots(file: text.flatMap { $0.utf8.isEmpty ? nil : $0 })
    }

    /// Only the certificates in a PEM file: for an authority of your own.
    public static func file(_ path: String) -> TrustRoots { TrustRoots(file: path) }

    /// The TLS configuration of the client; nil for its default.
    package var tlsConfiguration: TLSConfiguration? {
        guard let file else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(file)
        return configuration
    }

    /// Why the file cannot be used, in a sentence; nil when it can be used. Otherwise every use would fail with a
    /// message that does not help.
    package var problem: String? {
        guard let file else { return nil }
        // The path is a live, NUL-terminated copy for the call.
        guard unsafe access(file, R_OK) == 0 else { return "The file of authorities \(file) cannot be read." }
        guard let found = try? NIOSSLCertificate.fromPEMFile(file), !found.isEmpty else {
            return "The file of authorities \(file) holds no certificate in PEM form."
        }
        return nil
    }
}
