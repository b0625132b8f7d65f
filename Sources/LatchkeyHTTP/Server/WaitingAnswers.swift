import NIOCore
import Synchronization

/// The bodies that wait for clients to read them, over all connections, limited in bytes. When there are too many, the
/// ones that have waited longest are cut off.
///
/// A body that many clients wait for is one buffer and counts once. A slow reader holds an old one: the revocation list
/// is built again each second.
final class WaitingAnswers: Sendable {
    /// The id of one response.
    struct ID: Hashable {
        fileprivate let number: UInt64
    }

    private struct Answer {
        let storage: UInt
        let cut: @Sendable () -> Void
    }

    private struct State {
        var nextNumber: UInt64 = 0
        var answers: [UInt64: Answer] = [:]
        /// The size of each buffer, and how many responses are slices of it.
        var buffers: [UInt: (bytes: Int, answers: Int)] = [:]
        var bytes = 0

        mutating func remove(_ number: UInt64) -> Answer? {
            guard let answer = answers.removeValue(forKey: number) else { return nil }
            guard let buffer = buffers[answer.storage] else { return answer }
            if buffer.answers > 1 {
                buffers[answer.storage] = (buffer.bytes, buffer.answers - 1)
            } else {
                buffers[answer.storage] = nil
                bytes -= buffer.bytes
            }
            return answer
        }
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: in bytes. A single response may be larger.
    init(limit: Int) {
        self.limit = limit
    }

    /// Bytes that are waiting.
    var bytes: Int { state.withLock { $0.bytes } }

    /// Notes a response that was written and not accepted.
    /// - Parameter cut: ends its connection or stream; called on any thread, at most once.
    func add(_ body: ByteBuffer, cut: @escaping @Sendable () -> Void) -> ID {
        // An address is only a name here: nothing is read through it.
        let storage = unsafe body.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        let (number, victims) = state.withLock { state -> (UInt64, [Answer]) in
            let number = state.nextNumber
            state.nextNumber += 1
            state.answers[number] = Answer(storage: storage, cut: cut)
            let known = state.buffers[storage] ?? (0, 0)
            let size = max(known.bytes, body.readableBytes)
            state.buffers[storage] = (size, known.answers + 1)
            state.bytes += size - known.bytes
            var victims: [Answer] = []
            while state.bytes > limit, let oldest = state.answers.keys.min(), oldest != number {
                if let victim = state.remove(oldest) { victims.append(victim) }
            }
            return (number, victims)
        }
        for victim in victims { victim.cut() }
        return ID(number: number)
    }

    /// The response was accepted, or its connection is gone.
    func remove(_ id: ID) { state.withLock { _ = $0.remove(id.number) } }
}
