import Glibc
package import NIOSSL

/// The authorities that a server's certificate must come from.
public struct TrustRoots: Sendable, Hashable {
    /// Nil for those of the system.
    private let file: String?

    /// The file that the environment variable `SSL_CERT_FILE` names when this is called, as OpenSSL has it; else the
    /// system's authorities.
    public static var system: TrustRoots {
        // Copied at once; nobody changes the environment of a process of ours.
        let text = unsafe getenv("SSL_CERT_FILE").map { unsafe String(cString: $0) }
        return TrustRoots(file: text.flatMap { $0.utf8.isEmpty ? nil : $0 })
    }

    /// The certificates in a PEM file, and no others: for an authority of one's own.
    public static func file(_ path: String) -> TrustRoots { TrustRoots(file: path) }

    /// What a client has to be told; nil for what it does anyway.
    package var tlsConfiguration: TLSConfiguration? {
        guard let file else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(file)
        return configuration
    }

    /// Why the file cannot be used, in a sentence; nil when it can. Every use would fail, with words that help nobody.
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
