/// Users and sessions of a database that is filled while its server is stopped. Everything about number n follows from
/// n, so that the benchmark knows any session's id and nonce without reading the database.
struct SeedPlan: Sendable {
    let users: Int
    let sessions: Int
    /// Milliseconds; the newest row is a minute older.
    let now: Int64

    private static let minute: Int64 = 60_000
    private static let day: Int64 = 24 * 60 * minute
    /// Sign-ins of so long ago until now: within the 90 days that a session lives.
    private static let sessionSpan = 60 * day
    /// Accounts are older than their sessions.
    private static let userSpan = 300 * day
    /// Last rotations: within the 14 days for which an idle session lives, however long a run takes.
    private static let rotationSpan = 13 * day
    static let sessionLife = 90 * day
    /// Generations that a session has behind it. Their size on disk does not change within a run.
    private static let generations: UInt64 = 100

    static func userName(_ number: Int) -> String {
        let digits = String(number)
        return "person-" + String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
    }

    func userCreated(_ number: Int) -> Int64 {
        now - Self.sessionSpan - Self.userSpan + Int64(number) * Self.userSpan / Int64(users)
    }

    func created(_ number: Int) -> Int64 {
        now - Self.minute - Self.sessionSpan + Int64(number) * Self.sessionSpan / Int64(sessions)
    }

    func rotated(_ number: Int) -> Int64 {
        let age = Int64(random(number, 3) % UInt64(Self.rotationSpan))
        return max(created(number), now - Self.minute - age)
    }

    func user(of number: Int) -> Int { Int(random(number, 4) % UInt64(users)) }

    func generation(_ number: Int) -> UInt32 { UInt32(2 + random(number, 5) % Self.generations) }

    /// The halves of a UUIDv7 (RFC 9562 5.7), ascending with the number: milliseconds and 74 random bits.
    func sessionID(_ number: Int) -> (UInt64, UInt64) { Self.identifier(created(number), random(number, 1)) }

    func userID(_ number: Int) -> (UInt64, UInt64) { Self.identifier(userCreated(number), random(number, 6)) }

    func nonce(_ number: Int) -> (UInt64, UInt64) { (random(number, 7), random(number, 8)) }

    private static func identifier(_ milliseconds: Int64, _ random: UInt64) -> (UInt64, UInt64) {
        (
            UInt64(milliseconds) << 16 | 0x7000 | random & 0xFFF,
            SplitMix.mix(random) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        )
    }

    private func random(_ number: Int, _ purpose: UInt64) -> UInt64 {
        SplitMix.mix(UInt64(number) &* 16 &+ purpose &+ 0x9E37_79B9_7F4A_7C15)
    }

    /// The 16 bytes of two halves.
    static func bytes(_ halves: (UInt64, UInt64)) -> [UInt8] {
        [halves.0, halves.1].flatMap { half in
            stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> $0) }
        }
    }
}
