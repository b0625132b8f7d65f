import Crypto
import LatchkeyTokens

/// Which counters an attempt counts in.
///
/// Names and networks are hashed with a key from the master key, so that the table tells nothing about who failed to
/// log in, and into a fixed number of buckets, so that random names cannot fill the disk.
struct ThrottleBuckets: Sendable, Equatable {
    /// Counters of each kind.
    static let count: UInt64 = 1 << 20

    let pair: ThrottleBucket
    let network: ThrottleBucket
    let account: ThrottleBucket

    init(normalisedName: String, network source: String, key: SymmetricKey) {
        let name = Array(normalisedName.utf8)
        let source = Array(source.utf8)
        pair = Self.bucket(.pair, [name, source], key)
        network = Self.bucket(.network, [source], key)
        account = Self.bucket(.account, [name], key)
    }

    subscript(kind: ThrottleBucket.Kind) -> ThrottleBucket {
        switch kind {
        case .pair: pair
        case .network: network
        case .account: account
        }
    }

    private static func bucket(_ kind: ThrottleBucket.Kind, _ parts: [[UInt8]], _ key: SymmetricKey) -> ThrottleBucket {
        var message: [UInt8] = [UInt8(kind.rawValue)]
        for part in parts {
            // With their lengths, so that no two lists of parts give the same message.
            message += withBigEndianBytes(of: UInt64(part.count))
            message += part
        }
        let code = HMAC<SHA256>.authenticationCode(for: message, using: key)
        let number = code.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return ThrottleBucket(kind: kind, number: Int64(number % count))
    }

    private static func withBigEndianBytes(of value: UInt64) -> [UInt8] {
        stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
