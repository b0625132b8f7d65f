import Foundation
import JWTKit
import LatchkeyCore
import TestSupport
import Testing

/// A relying party written against the draft alone: signatures by jwt-kit, decompression and bits by Python, JSON by
/// Foundation. Nothing of it is our code.
struct StatusReader: Sendable {
    /// The `status` claim of an access token.
    struct Reference: Decodable, Hashable {
        let idx: Int
        let uri: String
    }

    /// A list that was verified and unpacked.
    struct List: Sendable {
        let token: Claims
        /// Number of indexes.
        let size: Int
        /// The indexes whose status is not VALID.
        let set: Set<Int>
    }

    struct Claims: JWTPayload {
        struct StatusList: Codable, Sendable {
            let bits: Int
            let lst: String
            let aggregation_uri: String?
        }
        let sub: String
        let iat: Int
        let exp: Int
        let ttl: Int
        let status_list: StatusList

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    static let issuer = "http://localhost:8080"
    let http: TestHTTP

    /// Where the token says that its status stands; nil without the claim.
    static func reference(_ token: String) throws -> Reference? {
        struct Payload: Decodable {
            struct Status: Decodable { let status_list: Reference }
            let status: Status?
        }
        let text = String(token.split(separator: ".")[1]).replacing("-", with: "+").replacing("_", with: "/")
        let padded = text + String(repeating: "=", count: (4 - text.count % 4) % 4)
        return try JSONDecoder().decode(Payload.self, from: try #require(Data(base64Encoded: padded))).status?
            .status_list
    }

    /// Whether the token's bit is set, by a list fetched now.
    func isInvalid(_ token: String) async throws -> Bool {
        let reference = try #require(try Self.reference(token))
        let list = try await list(reference.uri)
        #expect((0..<list.size).contains(reference.idx))
        return list.set.contains(reference.idx)
    }

    /// Fetches a list, verifies it with the JWKS as it is served now, and unpacks it.
    func list(_ uri: String) async throws -> List {
        let path = try #require(uri.hasPrefix(Self.issuer) ? String(uri.dropFirst(Self.issuer.count)) : nil)
        let answer = try await http.get(path, headers: [("Accept", "application/statuslist+jwt")])
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer[field: "Content-Type"] == "application/statuslist+jwt")
        return try await read(answer.text, uri: uri)
    }

    func read(_ text: String, uri: String) async throws -> List {
        let keys = JWTKeyCollection()
        try await keys.add(jwksJSON: try await http.get("/.well-known/jwks.json").text)
        await keys.clearDefault()
        let token = try await keys.verify(text, as: Claims.self)
        #expect(token.sub == uri)
        let (size, set) = try await Self.unpack(token.status_list)
        return List(token: token, size: size, set: set)
    }

    private static let script = """
        import base64, json, sys, zlib
        bits, lst, target = int(sys.argv[1]), open(sys.argv[2]).read(), sys.argv[3]
        raw = zlib.decompress(base64.urlsafe_b64decode(lst + "=" * (-len(lst) % 4)))
        size = len(raw) * 8 // bits
        found = [i for i in range(size) if raw[i * bits // 8] >> (i * bits % 8) & ((1 << bits) - 1)]
        json.dump({"size": size, "set": found}, open(target, "w"))
        """

    private static func unpack(_ list: Claims.StatusList) async throws -> (size: Int, set: Set<Int>) {
        struct Unpacked: Decodable {
            let size: Int
            let set: Set<Int>
        }
        let folder = try TemporaryFolder()
        try list.lst.write(toFile: folder.file("lst"), atomically: false, encoding: .utf8)
        let child = try ChildProcess(
            ["python3", "-c", script, String(list.bits), folder.file("lst"), folder.file("set")],
            error: folder.file("error"))
        #expect(try await child.exit() == 0)
        let data = try Data(contentsOf: URL(filePath: folder.file("set")))
        let unpacked = try JSONDecoder().decode(Unpacked.self, from: data)
        return (unpacked.size, unpacked.set)
    }
}
