import Glibc
import Testing

@testable import Argon2

struct Argon2ArenaTests {
    @Test(arguments: try Vectors.load("rfc9106.json", as: RawHashes.self).cases)
    func `the vectors of RFC 9106 come out`(vector: RawHashes.Case) throws {
        let arena = Argon2Arena(reservingKiB: 8)
        let expected = [UInt8](hex: vector.tagHex)
        let tag = try arena.tag(
            variant: #require(Argon2Variant(rawValue: vector.variant)),
            parameters: Argon2Parameters(
                memoryKiB: vector.memoryKib, iterations: vector.iterations, parallelism: vector.parallelism),
            password: SecretBytes(copying: Array(hex: vector.passwordHex)), salt: Array(hex: vector.saltHex),
            secret: Array(hex: vector.secretHex), associatedData: Array(hex: vector.associatedDataHex),
            count: expected.count)
        #expect(tag == expected)
    }

    @Test func `one arena serves every size in any order`() throws {
        let arena = Argon2Arena(reservingKiB: 32)
        let vectors = try Vectors.load("valid.json", as: ValidHashes.self).cases
        for vector in vectors + vectors.reversed() {
            let phc = try PHCString(parsing: vector.phc)
            let tag = try arena.tag(
                variant: phc.variant, parameters: phc.parameters,
                password: SecretBytes(copying: Array(hex: vector.passwordHex)), salt: phc.salt, count: phc.tag.count)
            #expect(tag == phc.tag, "\(vector.name)")
        }
        #expect(arena.mappedBytes == 1024 * 1024, "grown to the largest vector")
    }

    @Test func `a salt that the algorithm does not take is a failure and no tag`() {
        let arena = Argon2Arena(reservingKiB: 8)
        #expect(throws: Argon2Failure.self) {
            try arena.tag(parameters: cheap, password: SecretBytes(copying: []), salt: [1, 2, 3], count: 32)
        }
        #expect(throws: Argon2Failure.self) {
            try arena.tag(parameters: cheap, password: SecretBytes(copying: []), salt: Array(0..<16), count: 3)
        }
        #expect("\(Argon2Failure.outOfMemory)" == "argon2: Memory allocation error")
    }

    @Test func `nothing beyond the largest accepted hash is lent`() {
        let arena = Argon2Arena(reservingKiB: 8)
        #expect(unsafe arena.lend(0) == nil)
        #expect(unsafe arena.lend(-1) == nil)
        #expect(unsafe arena.lend(Argon2Parameters.maximumMemoryKiB * 1024 + 1) == nil)
        #expect(unsafe arena.lend(Int.max) == nil)
        #expect(arena.mappedBytes == 8192)
    }

    @Test func `a hash leaves only zeros in the arena and does not touch the password`() throws {
        let arena = Argon2Arena(reservingKiB: 64)
        guard let memory = unsafe arena.lend(65_536) else { throw Argon2Failure.outOfMemory }
        // The arena keeps its address as long as it need not grow.
        unsafe memset(memory, 0xA5, 65_536)
        let password = SecretBytes(copying: Array("password".utf8))
        _ = try arena.tag(parameters: lowCost(memoryKiB: 64), password: password, salt: Array(0..<16), count: 32)
        let left = unsafe Array(UnsafeRawBufferPointer(start: memory, count: 65_536))
        #expect(left.allSatisfy { $0 == 0 })
        #expect(unsafe password.withUnsafeBytes { unsafe Array($0) } == Array("password".utf8))
    }

    @Test func `released memory is no longer resident and the next hash is right`() throws {
        let arena = Argon2Arena(reservingKiB: 1024)
        guard let memory = unsafe arena.lend(1024 * 1024) else { throw Argon2Failure.outOfMemory }
        // The address stays the same as long as nothing larger is hashed.
        func resident() -> Int { unsafe residentPages(at: memory) }
        let before = try hash(in: arena)
        #expect(resident() > 0)
        arena.release()
        #expect(resident() == 0)
        #expect(!arena.isTouched)
        #expect(try hash(in: arena) == before)
        #expect(resident() > 0)
    }

    @Test func `a costly hash does not keep its memory`() throws {
        let arena = Argon2Arena(reservingKiB: 64)
        _ = try hash(in: arena)
        #expect(arena.mappedBytes == 1024 * 1024)
        arena.trim()
        #expect(arena.mappedBytes == 64 * 1024)
        #expect(!arena.isTouched)
        _ = try arena.tag(
            parameters: lowCost(memoryKiB: 64), password: SecretBytes(copying: []), salt: Array(0..<16), count: 32)
        arena.trim()
        #expect(arena.isTouched, "the reserved size is kept for the next login")
    }

    @Test func `secret bytes do not show themselves`() {
        let secret = SecretBytes(copying: Array("hunter2".utf8))
        #expect("\(secret)" == "<redacted>")
        #expect(String(reflecting: secret).contains("hunter2") == false)
    }

    private func hash(in arena: Argon2Arena) throws -> [UInt8] {
        try arena.tag(
            parameters: lowCost(memoryKiB: 1024), password: SecretBytes(copying: Array("x".utf8)),
            salt: Array(0..<16), count: 32)
    }

    /// Pages of the first MiB that the kernel has in memory.
    private func residentPages(at memory: UnsafeMutableRawPointer) -> Int {
        var pages = [UInt8](repeating: 0, count: 256)
        // The mapping is a MiB long, 256 pages of 4 KiB, with one byte of the vector for each.
        let code = unsafe mincore(memory, 1024 * 1024, &pages)
        #expect(code == 0)
        return pages.count { $0 & 1 == 1 }
    }
}
