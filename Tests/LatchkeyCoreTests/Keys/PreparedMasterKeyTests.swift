import LatchkeyCore
import Testing

struct PreparedMasterKeyTests {
    @Test func `a prepared key opens what it will seal, and is not used before`() throws {
        let ring = MasterKeyRing.generate()
        #expect(ring.prepared == nil && ring.usingPrepared() == nil)
        let wider = try ring.preparing(.generate())
        #expect(wider.currentSlot == 0 && wider.prepared == 1)
        let read = try MasterKeyRing(text: wider.text)
        #expect(read.prepared == 1 && read.fingerprints == wider.fingerprints)
        let used = try #require(read.usingPrepared())
        #expect(used.currentSlot == 1 && used.prepared == nil)
        let sealed = try used.seal([1, 2, 3], purpose: .probe, context: [])
        #expect(try wider.open(sealed, purpose: .probe, context: []) == [1, 2, 3])
        #expect(throws: MasterKeyFault.self) { try ring.open(sealed, purpose: .probe, context: []) }
    }

    @Test func `an older key is not taken for a prepared one, however often the key was rotated`() throws {
        var ring = MasterKeyRing.generate()
        for round in 1..<16 {
            ring = try ring.adding(.generate())
            #expect(ring.prepared == nil, "after \(round)")
            guard round < 14 else { continue }
            #expect(try ring.preparing(.generate()).prepared == UInt8(round + 1))
        }
        #expect(throws: MasterKeyFault.self) { try ring.preparing(.generate()) }
        // The oldest lines are removed from the file, and the numbers begin again.
        let lines = ring.text.utf8.split(separator: UInt8(ascii: "\n")).suffix(3)
        let short = try MasterKeyRing(text: lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n"))
        #expect(short.currentSlot == 15 && short.prepared == nil)
        let next = try short.preparing(.generate())
        #expect(next.prepared == 0 && next.currentSlot == 15)
        #expect(try next.usingPrepared()?.adding(.generate()).prepared == nil)
    }

    @Test func `a second prepared key does not hide the first`() throws {
        let ring = try MasterKeyRing.generate().preparing(.generate())
        let used = try #require(ring.usingPrepared())
        #expect(try used.preparing(.generate()).prepared == 2)
    }
}
