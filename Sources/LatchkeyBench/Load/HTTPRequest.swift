/// The bytes of a request.
enum HTTPRequest {
    static func get(_ path: String, fields: [String] = []) -> [UInt8] {
        Array((["GET \(path) HTTP/1.1", "Host: localhost"] + fields + ["", ""]).joined(separator: "\r\n").utf8)
    }

    static func post(_ path: String, type: String, body: String) -> [UInt8] {
        let head = [
            "POST \(path) HTTP/1.1", "Host: localhost", "Content-Type: \(type)", "Content-Length: \(body.utf8.count)",
        ]
        return Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }
}

extension HTTPConnection {
    /// The text of the JSON member `name` of the last answer. Only for values without escapes, as tokens are.
    func text(of name: String) throws -> String {
        let key = Array("\"\(name)\":\"".utf8)
        guard let range = body.firstRange(of: key) else { throw BenchFailure("The answer has no member \(name).") }
        return String(decoding: body[range.upperBound...].prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }
}
