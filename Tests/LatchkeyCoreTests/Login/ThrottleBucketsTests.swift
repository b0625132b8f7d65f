import Crypto
import Testing

@testable import LatchkeyCore

struct ThrottleBucketsTests {
    private let key = SymmetricKey(data: [UInt8](repeating: 7, count: 32))

    private func buckets(_ name: String, _ network: String, _ key: SymmetricKey? = nil) -> ThrottleBuckets {
        ThrottleBuckets(normalisedName: name, network: network, key: key ?? self.key)
    }

    @Test func `the pair's bucket depends on both of its parts and on where one ends`() {
        let pairs = [("alice", "192.0.2.1"), ("alice", "192.0.2.2"), ("bob", "192.0.2.1"), ("alice1", "92.0.2.1")]
        let numbers = Set(pairs.map { buckets($0.0, $0.1).pair.number })
        #expect(numbers.count == pairs.count)
    }

    @Test func `account and network have buckets of their own`() {
        let one = buckets("alice", "192.0.2.1")
        #expect(one.account == buckets("alice", "198.51.100.7").account)
        #expect(one.network == buckets("bob", "192.0.2.1").network)
        #expect(one.account != buckets("bob", "192.0.2.1").account)
        #expect(Set([one.pair.kind, one.network.kind, one.account.kind]).count == 3)
        for kind in [ThrottleBucket.Kind.pair, .network, .account] { #expect(one[kind].kind == kind) }
    }

    @Test func `without the key the bucket cannot be computed`() {
        let other = SymmetricKey(data: [UInt8](repeating: 8, count: 32))
        #expect(buckets("alice", "192.0.2.1") != buckets("alice", "192.0.2.1", other))
    }

    @Test func `a flood of random names stays within the fixed number of buckets and spreads over them`() {
        let numbers = (0..<20_000).map { buckets("name\($0)", "192.0.2.1").account.number }
        #expect(numbers.allSatisfy { (0..<Int64(1 << 20)).contains($0) })
        // 20,000 balls into 2^20 bins: about 190 collisions are expected.
        #expect(Set(numbers).count > 19_500)
        #expect(numbers.contains { $0 > 1_000_000 } && numbers.contains { $0 < 50_000 })
    }
}
