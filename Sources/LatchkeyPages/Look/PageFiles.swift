import Crypto
import HTTPTypes
import LatchkeyBytes
package import LatchkeyHTTP
import LatchkeyTokens
import NIOCore

/// The files that pages load: style sheet, script, logo. Made once, named by their content, so that browsers keep them
/// and a new release is seen at once.
package struct PageFiles: Sendable {
    private struct File: Sendable {
        let path: String
        let operation: String
        let version: String
        let fields: HTTPFields
        let body: ByteBuffer
        let compressed: ByteBuffer?

        /// - Parameter contentPolicy: nil for files that no browser shows by themselves.
        init(_ path: String, _ operation: String, type: String, _ bytes: [UInt8], contentPolicy: String? = nil) {
            self.path = path
            self.operation = operation
            version = Hexadecimal.string(SHA256.hash(data: bytes).prefix(8))
            var fields: HTTPFields = [.contentType: type, .crossOriginResourcePolicy: "same-origin"]
            if let contentPolicy { fields[.contentSecurityPolicy] = contentPolicy }
            self.fields = fields
            body = ByteBuffer(bytes: bytes)
            compressed = Gzip.compress(bytes).flatMap { $0.count < bytes.count ? ByteBuffer(bytes: $0) : nil }
        }

        var link: Link { Link(page: path, query: "v=\(version)") }

        func response(_ request: Request) -> Response {
            let coded = AcceptHeader.allowsGzip(request.headers) ? compressed : nil
            let tag = EntityTag(coded == nil ? version : "\(version)-gzip", isWeak: false)
            var fields = fields
            // Another version's address must not keep this content.
            let isNamed = request.query.map { $0.utf8.elementsEqual("v=\(version)".utf8) } ?? false
            fields[.cacheControl] = isNamed ? "public, max-age=31536000, immutable" : "public, no-cache"
            fields[.eTag] = tag.description
            fields[.vary] = "Accept-Encoding"
            guard !tag.satisfies(ifNoneMatch: request.headers) else {
                return Response(status: .notModified, headers: fields)
            }
            if coded != nil { fields[.contentEncoding] = "gzip" }
            return Response(status: .ok, headers: fields, body: coded ?? body)
        }
    }

    private let styleSheet: File
    private let script: File
    private let logo: File?

    package init(branding: Branding) {
        styleSheet = File(
            PagePath.styleSheet, "getStyleSheet", type: "text/css; charset=utf-8",
            Array(StyleSheet.source(branding).utf8))
        script = File(
            PagePath.script, "getPageScript", type: "text/javascript; charset=utf-8", Array(PageScript.source.utf8))
        logo = branding.logo.map {
            File(
                PagePath.logo, "getLogo", type: $0.form.rawValue, $0.bytes,
                contentPolicy: "default-src 'none'; style-src 'unsafe-inline'; sandbox")
        }
    }

    package var styleSheetText: String { String(buffer: styleSheet.body) }
    package var scriptText: String { String(buffer: script.body) }

    var styleSheetLink: Link { styleSheet.link }
    var scriptLink: Link { script.link }
    var logoLink: Link? { logo?.link }

    /// The answer for one of the paths; nil for others.
    package func answer(_ path: String, _ request: Request) -> Response? {
        [styleSheet, script, logo].compactMap { $0 }.first { $0.path == path }?.response(request)
    }

    /// All of them, for anyone.
    package var routes: [Route] {
        [styleSheet, script, logo].compactMap { $0 }.map { file in
            Route(
                .get, file.path, file.operation, errors: .page, query: .tolerant,
                .open { request, _ in file.response(request) })
        }
    }
}
