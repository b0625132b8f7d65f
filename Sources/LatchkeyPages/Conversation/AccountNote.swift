import Crypto
import HTTPTypes
import LatchkeyBytes
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens

/// What a form of the account has done, on its way to the page that says so. It travels in the address, sealed as forms
/// are: nobody can make a link that says something was done.
struct AccountNote: Sendable, Equatable {
    enum Kind: String, Sendable { case ended, others, renamed, removed, saved }

    let kind: Kind
    /// How many sessions have ended.
    var count = 0
    /// The application that was removed.
    var name = ""
    /// `seq` of the revocation.
    var sequence: Int64?

    var notice: AccountFrame.Notice {
        switch kind {
        case .ended: .sessionEnded
        case .others: .othersEnded(count)
        case .renamed: .renamed
        case .removed: .removed(name)
        case .saved: .saved
        }
    }

    init(_ kind: Kind, count: Int = 0, name: String = "", sequence: Int64? = nil) {
        self.kind = kind
        self.count = count
        self.name = name
        self.sequence = sequence
    }

    /// The note that the address of a page has; nil without one, and for one that was not made for this browser session
    /// and page in the last minutes.
    init?(_ visit: AccountVisit, at page: String, _ accounts: AccountService) {
        let fields = visit.fields
        guard visit.request.method == .get, let kind = fields["done"].flatMap({ Kind(rawValue: $0) }) else {
            return nil
        }
        self.init(
            kind, count: fields["count"].flatMap { Int($0) } ?? 0, name: fields["name"] ?? "",
            sequence: fields["seq"].flatMap { Int64($0) })
        guard accounts.opens(fields["note"], digest(page), visit.browser, visit.visit) else { return nil }
    }

    func query(_ visit: AccountVisit, at page: String, _ accounts: AccountService) throws -> String {
        let seal = try accounts.seal(digest(page), visit.browser, visit.visit)
        var pairs = [("done", kind.rawValue)]
        if count > 0 { pairs.append(("count", "\(count)")) }
        if !name.isEmpty { pairs.append(("name", name)) }
        if let sequence { pairs.append(("seq", "\(sequence)")) }
        return (pairs + [("note", seal)]).map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
    }

    private func digest(_ page: String) -> [UInt8] {
        let parts = ["account note", page, kind.rawValue, "\(count)", "\(sequence ?? -1)", name]
        return Array(SHA256.hash(data: Array(parts.joined(separator: "\n").utf8)))
    }
}
