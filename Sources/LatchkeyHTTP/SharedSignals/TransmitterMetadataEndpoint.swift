import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import NIOCore

/// `GET /.well-known/ssf-configuration` (SSF 7): what this transmitter offers, built once. It advertises only what
/// exists: neither adding or removing subjects nor push delivery.
struct TransmitterMetadataEndpoint: Sendable {
    private let paths: [String]
    private let body: ByteBuffer
    private let fields: HTTPFields

    init(settings: Settings) {
        paths = WellKnownPaths.paths(SharedSignalsAddresses.wellKnown, issuer: settings.issuer)
        body = ByteBuffer(bytes: Self.document(issuer: settings.issuer))
        fields = [
            .contentType: "application/json",
            .cacheControl: "public, max-age=\(settings.jwksMaxAge.components.seconds)",
        ]
    }

    var routes: [Route] {
        paths.enumerated().map { index, path in
            Route(
                .get, path, index == 0 ? "getTransmitterMetadata" : "getTransmitterMetadataOfPathIssuer",
                query: .tolerant, .open { _, _ in Response(status: .ok, headers: fields, body: body) })
        }
    }

    /// The document (SSF 7.1).
    static func document(issuer: String) -> [UInt8] {
        let addresses = SharedSignalsAddresses(issuer: issuer)
        return JSONWriter.object(reserving: 768) { json in
            json.member("spec_version", "1_0")
            json.member("issuer", issuer)
            json.member("jwks_uri", addresses.url(PublicPath.keySet))
            json.member("delivery_methods_supported", [SharedSignalsAddresses.pollMethod])
            json.member("configuration_endpoint", addresses.url(SharedSignalsAddresses.stream))
            json.member("status_endpoint", addresses.url(SharedSignalsAddresses.status))
            json.member("verification_endpoint", addresses.url(SharedSignalsAddresses.verification))
            json.member("authorization_schemes", array: { $0.object { $0.member("spec_urn", "urn:ietf:rfc:6749") } })
            // An event about one session must not be taken for one about the user.
            json.member("critical_subject_members", ["session"])
            json.member("default_subjects", "ALL")
        }
    }
}
