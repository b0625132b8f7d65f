import LatchkeyTokens

/// The formats in which a list may arrive: the one place that knows their media types.
enum ListFormat: String, Sendable, Hashable, CaseIterable {
    /// The plain document.
    case json = "application/json"
    /// The same content, denser; servers that support it send long lists like this.
    case columns = "application/vnd.latchkey.revocations-columns+json"
    /// The document, signed by the issuer.
    case signed = "application/jwt"

    /// The `Accept` header of a request, in order of preference.
    static func accepted(onlySigned: Bool) -> String {
        onlySigned ? signed.rawValue : "\(columns.rawValue), \(json.rawValue)"
    }

    /// What a signed list is checked against.
    struct Signatures: Sendable {
        let keys: [KeyID: VerificationKey]
        let algorithms: Set<JWSAlgorithm>
        /// The list so far; a signature by a key that it condemns does not count.
        let known: RevocationIndex
        let now: Timestamp
    }

    /// Reads a response body by its media type, not by its content: HTML with status 200 is not a list.
    ///
    /// - Throws: ``PollFailure`` `.refused` or `.badSignature`.
    static func decode(
        _ body: [UInt8], mediaType: String, onlySigned: Bool, limits: TokenVerifier.Limits, signatures: Signatures
    ) throws(PollFailure) -> RevocationDocument {
        guard let format = ListFormat(rawValue: mediaType), format == .signed || !onlySigned else {
            throw .wrongMediaType
        }
        switch format {
        case .json, .columns:
            do throws(RefusedDocument) {
                return try RevocationDocument(
                    parsing: body, maximumLength: limits.listLength, maximumEntries: limits.listEntries)
            } catch {
                throw .refused(error)
            }
        case .signed:
            do throws(VerificationError) {
                return try SignedRevocationDocument.verify(
                    body, keys: { signatures.keys[$0] }, algorithms: signatures.algorithms, known: signatures.known,
                    skew: ClockSkew.maximum, now: signatures.now, maximumLength: limits.listLength)
            } catch {
                throw .badSignature(error)
            }
        }
    }
}

/// Why a poll brought no usable list.
enum PollFailure: Error, Sendable, Hashable, CustomStringConvertible {
    case transport(TransportFailure)
    /// Includes 304: it proves nothing, because a broken proxy may send it for everything.
    case status(Int, retryAfter: Duration?)
    case wrongMediaType
    case refused(RefusedDocument)
    /// Equal by code.
    case badSignature(VerificationError)

    /// For the log.
    var description: String {
        switch self {
        case .transport(let failure): failure.description
        case .status(304, _): "status 304, which proves nothing"
        case .status(let code, _): "status \(code)"
        case .wrongMediaType: "the answer has another media type"
        case .refused(let reason): "refused: \(reason)"
        case .badSignature(let error): "signed form: \(error)"
        }
    }
}
