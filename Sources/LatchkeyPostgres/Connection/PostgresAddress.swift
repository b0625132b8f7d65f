#if Postgres
    internal import CPostgres
    import Foundation
    import LatchkeyCore

    /// How a server is reached.
    package struct PostgresAddress: Sendable {
        /// As libpq takes it: a URI or `key=value` pairs; without a password.
        package let url: String
        /// Holds the password on one line. Read for each connection, so that it can be changed.
        package let passwordFile: String?
        /// Judges each connection that is made.
        var admission: Admission?
        /// Whether a newer server than the known one will do, for somebody who looks at what it is.
        var looks = false
        /// Nil: whichever server of the URL takes writes.
        var place: PostgresPlaceName?

        private static let longestPassword = 1024

        package init(url: String, passwordFile: String? = nil) {
            self.url = url
            self.passwordFile = passwordFile
        }

        /// Checks what can be checked without connecting.
        /// - Throws: ``StoreUnavailable`` with a sentence for the operator, which quotes nothing of the URL.
        package func check() throws {
            guard let keywords else {
                throw StoreUnavailable("postgres.url is neither a URI nor key=value pairs as libpq reads them")
            }
            guard keywords["password"] == nil else {
                throw StoreUnavailable(
                    "postgres.url has a password, which other users of this machine could see: put it into a "
                        + "file and name that in postgres.password_file")
            }
            guard keywords["sslpassword"] == nil else {
                throw StoreUnavailable(
                    "postgres.url has the password of a key (sslpassword), which other users of this machine could "
                        + "see: name a key without one, in a file that only the server's user can read")
            }
            _ = try password()
        }

        /// The keywords that the URL sets, with their values; nil when libpq cannot read it.
        var keywords: [String: String]? {
            // The URL is a NUL-terminated copy for the call; what comes back is freed below.
            let options = unsafe PQconninfoParse(url, nil)
            defer { unsafe PQconninfoFree(options) }
            guard var option = unsafe options else { return nil }
            var found: [String: String] = [:]
            // The list ends with an option that has no keyword.
            while let keyword = unsafe option.pointee.keyword {
                if let value = unsafe option.pointee.val {
                    unsafe found[PostgresResult.text(keyword)] = PostgresResult.text(value)
                }
                unsafe option += 1
            }
            return found
        }

        /// The values of a keyword that takes several, with commas between them; empty when the URL does not set it.
        func values(of keyword: String) -> [String] {
            guard let value = keywords?[keyword] else { return [] }
            return value.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
        }

        /// - Throws: ``StoreUnavailable`` when there is a file and it cannot be read as one line of text.
        func password() throws -> String? {
            guard let passwordFile else { return nil }
            guard let file = FileHandle(forReadingAtPath: passwordFile) else {
                throw StoreUnavailable("the file \(passwordFile) (postgres.password_file) cannot be read")
            }
            defer { try? file.close() }
            let bytes = Array((try? file.read(upToCount: Self.longestPassword + 2)) ?? Data())
            let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
            let rest = bytes.dropFirst(line.count)
            guard !line.isEmpty, line.count <= Self.longestPassword, !line.contains(0),
                rest.allSatisfy({ $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }),
                let text = String(bytes: line, encoding: .utf8)
            else {
                throw StoreUnavailable(
                    "the file \(passwordFile) (postgres.password_file) is not one line of at most 1024 bytes")
            }
            return text
        }
    }
#endif
