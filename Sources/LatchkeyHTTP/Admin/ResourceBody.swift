import Foundation
import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import NIOCore

/// A body of the admin API: a closed list of members, so that a misspelt one is refused and not silently ignored.
protocol ResourceBody: Decodable, Sendable {
    /// The names of the members, as OpenAPI and refusals list them.
    static var memberNames: [String] { get }
}

/// A body whose members are its coding keys.
protocol KeyedBody: ResourceBody {
    associatedtype CodingKeys: CodingKey & CaseIterable
}

extension KeyedBody {
    static var memberNames: [String] { CodingKeys.allCases.map(\.stringValue).sorted() }
}

extension UserCreate: KeyedBody {}
extension UserUpdate: KeyedBody {}
extension PasswordSet: KeyedBody {}
extension UserImportRequest: KeyedBody {}
extension ClientSecretRotate: KeyedBody {}
extension RevocationCreate: KeyedBody {}
extension KeyRotate: KeyedBody {}
extension KeyImport: KeyedBody {}
extension MasterKeyRotate: KeyedBody {}
extension TokenMint: KeyedBody {}

extension ResourceBody {
    /// Reads a request's body. With `mayBeEmpty` an absent one counts as `{}`.
    /// - Throws: `Refusal` `unsupported_media_type`, `payload_too_large`, `invalid_request`.
    static func read(from request: Request, mayBeEmpty: Bool = false) throws(Refusal) -> Self {
        _ = try JSONBody(request, mayBeEmpty: mayBeEmpty)
        return try decode(request.body.readableBytes == 0 ? Array("{}".utf8) : Array(request.body.readableBytesView))
    }

    /// - Throws: `Refusal` `invalid_request` that names members of ours and never what the caller wrote.
    static func decode(_ json: [UInt8]) throws(Refusal) -> Self {
        let object: JSONObject
        do {
            object = try StrictJSON.parseObject(json)
        } catch {
            throw Refusal(.invalidRequest, "The body is not an acceptable JSON object: \(error).")
        }
        let known = Set(memberNames)
        guard object.members.allSatisfy({ known.contains($0.name) }) else {
            throw Refusal(
                .invalidRequest,
                "The body has a member that is not known here. Known: \(memberNames.joined(separator: ", ")).")
        }
        do {
            return try JSONDecoder().decode(Self.self, from: Data(json))
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

extension Response {
    /// A resource as JSON; members sorted, so that equal values are equal bytes.
    static func resource(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return json(Array(try encoder.encode(value)), status: status)
    }

    /// Bytes that are JSON already.
    static func json(_ bytes: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: jsonFields, body: ByteBuffer(bytes: bytes))
    }

    private static let jsonFields: HTTPFields = [.contentType: "application/json"]

    /// Done, and nothing to say.
    static var noContent: Response { Response(status: .noContent) }
}
