import Foundation
import LatchkeyCore
import Testing

struct MasterKeyRingTests {
    private static let base64 = Data(repeating: 9, count: 32).base64EncodedString()

    @Test(arguments: [
        "", " \n", "AAAA", "16:\(base64)", "-1:\(base64)", "x:\(base64)", "0:\(base64),0:\(base64)", "\(base64)=",
        "0:\(Data(repeating: 1, count: 31).base64EncodedString())",
        "0:\(Data(repeating: 1, count: 33).base64EncodedString())",
    ])
    func `a text that is not a ring is refused`(text: String) {
        #expect(throws: MasterKeyFault.self) { try MasterKeyRing(text: text) }
    }

    @Test func `the text form reads back, current key last`() throws {
        let ring = try MasterKeyRing.generate().adding(.generate()).adding(.generate())
        let again = try MasterKeyRing(text: ring.text)
        #expect(again.text == ring.text)
        #expect(again.currentSlot == ring.currentSlot)
        #expect(again.slots == [0, 1, 2])
    }

    @Test func `a bare key is slot 0`() throws {
        #expect(try MasterKeyRing(text: Self.base64).currentSlot == 0)
    }

    @Test func `the seventeenth key is refused`() throws {
        var ring = MasterKeyRing.generate()
        for _ in 1..<16 { ring = try ring.adding(.generate()) }
        #expect(throws: MasterKeyFault.self) { try ring.adding(.generate()) }
    }

    @Test func `a sealed value opens only with its key, purpose and context, unchanged`() throws {
        let ring = MasterKeyRing.generate()
        let sealed = try ring.seal([1, 2, 3], purpose: .keyWrap, context: [5])
        #expect(try ring.open(sealed, purpose: .keyWrap, context: [5]) == [1, 2, 3])
        #expect(throws: MasterKeyFault.self) { try ring.open(sealed, purpose: .clientSecret, context: [5]) }
        #expect(throws: MasterKeyFault.self) { try ring.open(sealed, purpose: .keyWrap, context: [6]) }
        #expect(throws: MasterKeyFault.self) {
            try MasterKeyRing.generate().open(sealed, purpose: .keyWrap, context: [5])
        }
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: MasterKeyFault.self) { try ring.open(changed, purpose: .keyWrap, context: [5]) }
        }
        #expect(throws: MasterKeyFault.self) { try ring.open([], purpose: .keyWrap, context: []) }
    }

    @Test func `sealing twice gives different bytes`() throws {
        let ring = MasterKeyRing.generate()
        #expect(
            try ring.seal([1], purpose: .keyWrap, context: []) != ring.seal([1], purpose: .keyWrap, context: []))
    }
}

struct MasterKeyFileTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lk-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    @Test func `a missing file, one that others may read and a folder are refused with what to do`() throws {
        let path = folder.appendingPathComponent("master.key").path
        let file = MasterKeyFile(path: path)
        #expect(throws: MasterKeyFault.self) { try file.read() }
        try file.write(.generate())
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let fault = #expect(throws: MasterKeyFault.self) { try file.read() }
        #expect(fault?.description.contains("chmod 600") == true)
        #expect(throws: MasterKeyFault.self) { try MasterKeyFile(path: folder.path).read() }
    }

    @Test(arguments: [(0o440, true), (0o460, false), (0o444, false)])
    func `of a credential its group may read`(mode: Int, isAccepted: Bool) throws {
        let path = folder.appendingPathComponent("master.key").path
        let ring = MasterKeyRing.generate()
        let file = MasterKeyFile(path: path, credentials: folder.path)
        try file.write(ring)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        #expect((try? file.read().text) == (isAccepted ? ring.text : nil))
        for elsewhere in [nil, "", "/run/credentials/latchkey.service"] {
            #expect(throws: MasterKeyFault.self) { try MasterKeyFile(path: path, credentials: elsewhere).read() }
        }
    }

    @Test func `it is written for the owner alone, and replaced whole`() throws {
        let path = folder.appendingPathComponent("master.key").path
        let file = MasterKeyFile(path: path)
        let ring = MasterKeyRing.generate()
        try file.write(ring)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try file.read().text == ring.text)
        let wider = try ring.adding(.generate())
        try file.write(wider)
        #expect(try file.read().text == wider.text)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["master.key"])
    }
}
