import Foundation
import LatchkeyCore
import LatchkeyTokens
import NIOCore

/// A body of the admin API: a closed list of members, so that a misspelt one is refused and not silently ignored.
protocol ResourceBody: Decodable, Sendable {
    /// The names of the members, as OpenAPI and refusals list them.
    static var memberNames: [String] { get }
}

extension ResourceBody where Self: WireObject {
    static var memberNames: [String] { schema.memberNames.sorted() }
}

extension UserCreate: ResourceBody {}
extension UserUpdate: ResourceBody {}
extension PasswordSet: ResourceBody {}
extension UserImportRequest: ResourceBody {}
extension RevocationCreate: ResourceBody {}
extension KeyRotate: ResourceBody {}
extension KeyImport: ResourceBody {}
extension MasterKeyRotate: ResourceBody {}
extension TokenMint: ResourceBody {}

extension ResourceBody {
    /// Reads a request's body. With `mayBeEmpty`, a missing body counts as `{}`.
    /// - Throws: `Refusal` `unsupported_media_type`, `payload_too_large`, `invalid_request`.
    static func read(from request: Request, mayBeEmpty: Bool = false) throws(Refusal) -> Self {
        let body = try JSONBody(request, mayBeEmpty: mayBeEmpty)
        return try decode(
            body, request.body.readableBytes == 0 ? Data("{}".utf8) : Data(request.body.readableBytesView))
    }

    /// - Throws: `Refusal` `invalid_request`.
    static func decode(_ json: [UInt8]) throws(Refusal) -> Self { try decode(JSONBody(parsing: json), Data(json)) }

    /// - Parameters:
    ///   - body: parsed strictly, which the decoder below does not do.
    ///   - json: the same as bytes.
    /// - Throws: `Refusal` `invalid_request` that names members of ours and never the caller's text.
    private static func decode(_ body: JSONBody, _ json: Data) throws(Refusal) -> Self {
        try body.members(only: memberNames)
        do {
            return try JSONDecoder().decode(Self.self, from: json)
        } catch let error as DecodingError {
            throw Refusal(.invalidRequest, sentence(for: error))
        } catch {
            throw Refusal(.invalidRequest, "The body cannot be read.")
        }
    }

    private static func sentence(for error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            "The member \(path(context.codingPath + [key])) is missing."
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "The member \(path(context.codingPath)) has the wrong type or an unknown value."
        @unknown default:
            "The body cannot be read."
        }
    }

    /// `lines.3.name`: names come from our own keys, numbers from positions.
    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
}
