/// The bytes of a request.
enum HTTPRequest {
    static func get(_ path: String, fields: [String] = []) -> [UInt8] {
        Array((["GET \(path) HTTP/1.1", "Host: localhost"] + fields + ["", ""]).joined(separator: "\r\n").utf8)
    }

    static func post(_ path: String, type: String, fields: [String] = [], body: String) -> [UInt8] {
        let head =
            [
                "POST \(path) HTTP/1.1", "Host: localhost", "Content-Type: \(type)",
                "Content-Length: \(body.utf8.count)",
            ] + fields
        return Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }

    /// A form, as the OAuth endpoints take it. The body must need no escapes.
    static func form(_ path: String, fields: [String] = [], body: String) -> [UInt8] {
        post(path, type: "application/x-www-form-urlencoded", fields: fields, body: body)
    }
}
