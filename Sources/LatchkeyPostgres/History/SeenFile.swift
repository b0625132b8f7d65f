#if Postgres
    import Foundation
    import LatchkeyCore
    import LatchkeyTokens

    /// What a node knew of the database when it last looked, kept in its data directory: so that it notices after a
    /// restart, too, that an earlier state came back.
    struct SeenFile {
        let path: String

        private static let longest = 256
        /// How much a promoted standby may lack when no node remembers anything.
        private static let tolerated: Int64 = 3600

        /// - Throws: ``StoreUnavailable`` for a file that is not one of ours.
        func read() throws -> KnownHistory? {
            guard let file = FileHandle(forReadingAtPath: path) else { return nil }
            defer { try? file.close() }
            let bytes = Array((try? file.read(upToCount: Self.longest + 1)) ?? Data())
            let numbers = bytes.split(separator: UInt8(ascii: " ")).map { Int64(String(decoding: $0, as: UTF8.self)) }
            guard bytes.count <= Self.longest, numbers.count == 6, let system = numbers[0], let timeline = numbers[1],
                let database = numbers[2], let second = numbers[3], let sequence = numbers[4], let at = numbers[5]
            else {
                throw StoreUnavailable("the file \(path) is not as this program writes it: delete it")
            }
            let identity = DatabaseIdentity(system: system, timeline: timeline, database: database)
            return KnownHistory(
                state: DatabaseState(identity: identity, second: second, sequence: sequence),
                at: Timestamp(milliseconds: at), rememberedSince: second - Self.tolerated)
        }

        /// Replaces the file as a whole. Not flushed to disk: what a crash loses makes the node notice less, not more.
        func write(_ known: KnownHistory) throws {
            let (state, identity) = (known.state, known.state.identity)
            let numbers = [
                identity.system, identity.timeline, identity.database, state.second, state.sequence,
                known.at.milliseconds,
            ]
            try Data(numbers.map(String.init).joined(separator: " ").utf8)
                .write(to: URL(fileURLWithPath: path), options: .atomic)
        }
    }

    extension PostgresStore.Settings {
        /// What this data directory knew of the database; nil for nothing.
        func seen() throws -> KnownHistory? { try seenFile.flatMap { try SeenFile(path: $0).read() } }
    }
#endif
