import Crypto

/// A picture of an id, like the cuts of a key, so that the eye finds the same id again on another page. It proves
/// nothing: the id stands beside it.
package struct BittingMark: Sendable, Hashable {
    /// The heights of the eight cuts, 0 to 4: more would look alike.
    package let cuts: [Int]

    package init(_ id: String) {
        cuts = Array(SHA256.hash(data: Array(id.utf8)).prefix(8)).map { Int($0) % 5 }
    }

    /// The outline, for a picture of 42 by 16.
    var path: String {
        cuts.enumerated().reduce("M1 16") { path, cut in
            path + "V\(2 + cut.element * 3)H\(6 + cut.offset * 5)"
        } + "V16Z"
    }
}
