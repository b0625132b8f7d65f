/// Passwords that are too common to be allowed, whatever their length (NIST SP 800-63B-4 3.1.1.2, ASVS 6.2.4).
///
/// A look-up is a binary search in the text of the list itself: nothing is built at start and nothing is allocated.
struct PasswordBlocklist: Sendable {
    /// The list that ships with the server.
    static let common = PasswordBlocklist(sortedEntries: commonEntries)

    /// Longer than any entry, in bytes; longer passwords are not looked up.
    private static let maximumBytes = 64

    private let entries: String

    /// Uses a list as it is.
    ///
    /// - Parameter sortedEntries: ASCII, lower case, in byte order, one space or newline between two entries. Out of
    ///   order, look-ups miss entries.
    init(sortedEntries: String) {
        self.entries = sortedEntries
    }

    /// Whether the password as a whole is on the list. Case and spaces do not matter, so `Pass Word 1` is found as
    /// `password1`; a longer phrase that merely contains an entry is not found.
    ///
    /// - Parameter normalised: the password in NFC, as it would be hashed.
    func contains(_ normalised: String) -> Bool {
        guard normalised.utf8.count <= 4 * Self.maximumBytes else { return false }
        let wanted = Array(normalised.lowercased().utf8).filter { $0 != UInt8(ascii: " ") }
        guard !wanted.isEmpty, wanted.count <= Self.maximumBytes, wanted.allSatisfy({ $0 > UInt8(ascii: " ") }) else {
            return false
        }
        let text = entries.utf8
        var low = text.startIndex
        var high = text.endIndex
        // Both ends are always at the start of an entry or at the end of the text.
        while low < high {
            // On a native string, moving by bytes takes constant time.
            let middle = text.index(low, offsetBy: text.distance(from: low, to: high) / 2)
            let start = Self.startOfEntry(around: middle, in: text[low..<high])
            let end = text[start..<high].firstIndex(where: Self.isSeparator) ?? high
            let entry = text[start..<end]
            if entry.elementsEqual(wanted) { return true }
            if entry.lexicographicallyPrecedes(wanted) {
                low = end < high ? text.index(after: end) : high
            } else {
                high = start
            }
        }
        return false
    }

    private static func startOfEntry(around middle: String.Index, in text: Substring.UTF8View) -> String.Index {
        var start = middle
        while start > text.startIndex {
            let previous = text.index(before: start)
            if isSeparator(text[previous]) { break }
            start = previous
        }
        return start
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte <= UInt8(ascii: " ")
    }
}
