import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import NIOCore
import Synchronization

/// The list's documents as bytes for the socket, plain and gzip, shared by everyone who asks: a hundred pollers of a
/// large list cost its memory once, and its compression once.
final class RevocationBodies: Sendable {
    private struct Prepared {
        let plain: ByteBuffer
        /// Nil until somebody asks for it.
        var gzip: ByteBuffer?
        var isBeingCompressed = false
        let preparedAt: Timestamp
    }

    /// Below this size gzip saves no packet.
    private static let smallest = 1024
    /// From this size on compression takes long enough to be felt, so it runs at zlib's fastest level and at most once
    /// in `next_update` as long as the entries stay the same; `now` in the document may be that much behind.
    private static let large = 256 * 1024
    private static let capacity = 64

    private let nextUpdate: Duration
    private let prepared = Mutex<[String: Prepared]>([:])

    /// - Parameter nextUpdate: the list's.
    init(nextUpdate: Duration) {
        self.nextUpdate = nextUpdate
    }

    /// - Parameters:
    ///   - tag: names variant and entries of `body`, not its `now`.
    ///   - gzip: whether the client takes it.
    func body(_ body: [UInt8], tag: String, gzip: Bool, now: Timestamp) -> (bytes: ByteBuffer, isGzip: Bool) {
        let lifetime = body.count < Self.large ? .seconds(1) : nextUpdate
        let (found, mustCompress) = prepared.withLock { prepared in
            find(tag, body, lifetime, now, wantsGzip: gzip, in: &prepared)
        }
        guard gzip, body.count >= Self.smallest else { return (found.plain, false) }
        if let compressed = found.gzip { return (compressed, true) }
        // Whoever comes while another one compresses gets the plain form instead of waiting.
        guard mustCompress else { return (found.plain, false) }
        let level: Int32 = body.count < Self.large ? 6 : 1
        let compressed = Gzip.compress(Array(found.plain.readableBytesView), level: level).map { ByteBuffer(bytes: $0) }
        prepared.withLock { prepared in
            guard prepared[tag]?.preparedAt == found.preparedAt else { return }
            prepared[tag]?.gzip = compressed
            prepared[tag]?.isBeingCompressed = false
        }
        return compressed.map { ($0, true) } ?? (found.plain, false)
    }

    private func find(
        _ tag: String, _ body: [UInt8], _ lifetime: Duration, _ now: Timestamp, wantsGzip: Bool,
        in prepared: inout [String: Prepared]
    ) -> (Prepared, mustCompress: Bool) {
        var entry: Prepared
        if let present = prepared[tag], present.preparedAt <= now, now - present.preparedAt < lifetime {
            entry = present
        } else {
            if prepared.count >= Self.capacity { prepared.removeAll(keepingCapacity: true) }
            if body.count >= Self.large {
                // The snapshot before this one: each change makes a new one, and memory must not hold them all.
                for (old, present) in prepared where present.plain.readableBytes >= Self.large { prepared[old] = nil }
            }
            entry = Prepared(plain: ByteBuffer(bytes: body), preparedAt: now)
        }
        let mustCompress = wantsGzip && entry.gzip == nil && !entry.isBeingCompressed && body.count >= Self.smallest
        if mustCompress { entry.isBeingCompressed = true }
        prepared[tag] = entry
        return (entry, mustCompress)
    }
}
