import LatchkeyCore

/// Lists in one column, one element per line. No element may contain a line break; one that does was not checked at the
/// border and is a fault.
package enum TextList {
    /// - Throws: ``StoreFault``.
    package static func encode(_ elements: [String]) throws -> String {
        guard elements.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(UInt8(ascii: "\n")) }) else {
            throw StoreFault("a list element is empty or has a line break")
        }
        return elements.joined(separator: "\n")
    }

    package static func decode(_ text: String) -> [String] {
        // By bytes: a line break is never a part of another character, and finding characters takes longer.
        text.isEmpty ? [] : text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { String($0) }
    }
}
