import Crypto
import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens

/// The parameters of an authorization request as they came, in a query or in a form (RFC 6749 3.1).
///
/// | what came | then |
/// | --- | --- |
/// | a name twice, except `resource` | a page: nobody can say which one was meant |
/// | an escape that is none, bytes that are no UTF-8, NUL | a page |
/// | more than 64 parameters, or 4 KiB of names and values, or a `state` of more than 2,048 bytes | a page |
/// | a name without a value | as if it had not come |
/// | a name of the pages' own fields | not part of the request |
/// | an unknown name | carried on, and ignored |
///
/// Sizes are those of the decoded text. Escapes can triple a text, and which bytes are escaped differs between the
/// client that writes a link and the browser that sends a form; the same request must not be too large the second time.
package struct AuthorizationParameters: Sendable, Equatable {
    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Names and values together, in bytes.
    package static let longest = 4096
    /// In bytes.
    package static let longestState = 2048
    /// Most parameters.
    package static let most = 64
    /// Fields of our own forms, which travel together with the request's parameters.
    package static let formFields = ["username", "password", "new_password", "decision", "stay", "seal"]
    /// What a form may contain: the request, each byte escaped, and our own fields.
    package static let longestForm = 3 * longest + longestOwn
    private static let longestOwn = 16 << 10

    /// What a page carries on in hidden fields: all parameters that have a value, ordered by name.
    package let fields: [Field]

    /// - Parameters:
    ///   - encoded: `application/x-www-form-urlencoded`: a query, or the body of a form.
    ///   - longest: names and values together, in bytes.
    /// - Throws: ``AuthorizationFailure/page(_:)``.
    package init(
        _ encoded: some Collection<UInt8>, longest: Int = Self.longest
    ) throws(AuthorizationFailure) {
        guard encoded.count <= 3 * longest + Self.longestOwn else { throw .page(.tooLarge) }
        let given: RequestParameters
        do throws(Refusal) {
            given = try RequestParameters(
                encoded, repeatable: ["resource"], most: Self.most + Self.formFields.count)
        } catch {
            throw .page(.malformed)
        }
        let fields = given.values.filter { !Self.formFields.containsBytes(of: $0.name) }
            .map { Field($0.name, $0.value) }
        let size = fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard size <= longest, fields.count <= Self.most else { throw .page(.tooLarge) }
        // Stable: several resources keep their order.
        self.fields = fields.enumerated().sorted { one, other in
            one.element.name.utf8.lexicographicallyPrecedes(other.element.name.utf8)
                || (one.element.name.equalsBytes(of: other.element.name) && one.offset < other.offset)
        }.map(\.element)
        guard self["state"]?.utf8.count ?? 0 <= Self.longestState else { throw .page(.tooLarge) }
    }

    package subscript(_ name: String) -> String? { fields.first { $0.name.equalsBytes(of: name) }?.value }

    package func all(_ name: String) -> [String] {
        fields.filter { $0.name.equalsBytes(of: name) }.map(\.value)
    }

    /// A value of several texts, separated by spaces.
    func words(_ name: String) -> [String] {
        (self[name] ?? "").utf8.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
    }

    /// SHA-256 of ``fields``, so that a form can be bound to the request that it was made for. Equal for requests that
    /// differ only in order and escapes.
    package var digest: [UInt8] {
        var hash = SHA256()
        for text in fields.flatMap({ [$0.name, $0.value] }) {
            // With its length, so that no byte can move from one text to the next.
            hash.update(data: [UInt8(text.utf8.count >> 8), UInt8(text.utf8.count & 0xFF)])
            hash.update(data: Array(text.utf8))
        }
        return Array(hash.finalize())
    }

    /// The same parameters as a query.
    package var query: String {
        fields.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }.joined(separator: "&")
    }
}
