import NIOCore
import Synchronization

/// Answers that were given once and are given again, as bytes, to whoever sends the same bytes: pollers of the key set
/// and the revocation list ask for the same thing in the same words, second after second.
///
/// Nothing is parsed here. A request's bytes get in once the ordinary way has answered them and the handler has said
/// that its answer depends on nothing else (``Response/isCurrent``); so what is found is what the ordinary way would
/// give. Bounded in entries, in the length of a request and, because stale answers are let go when a new one comes, in
/// memory by what handlers hold themselves.
final class AnswerCache: Sendable {
    /// An answer without the two fields that are each answer's own.
    struct Answer: Sendable {
        /// Status line and fields, up to where the request id follows.
        let head: ByteBuffer
        let body: ByteBuffer
        let isCurrent: @Sendable () -> Bool
        let observation: RequestMetrics.Series
    }

    /// Requests longer than this are not remembered, in bytes. A poller's is a quarter of it.
    static let longestRequest = 1024
    private static let capacity = 64

    private let answers = Mutex<[ByteBuffer: Answer]>([:])

    /// The answer to exactly these bytes, when there is one that still holds.
    func answer(to request: ByteBuffer) -> Answer? {
        guard request.readableBytes <= Self.longestRequest else { return nil }
        guard let answer = answers.withLock({ $0[request] }) else { return nil }
        if answer.isCurrent() { return answer }
        // Another thread may have put a newer one there meanwhile: then this costs it one ordinary round.
        answers.withLock { $0[request] = nil }
        return nil
    }

    func remember(_ request: ByteBuffer, _ answer: Answer) {
        answers.withLock { answers in
            answers = answers.filter { $0.value.isCurrent() }
            if answers.count >= Self.capacity, let victim = answers.randomElement() { answers[victim.key] = nil }
            answers[request] = answer
        }
    }
}
