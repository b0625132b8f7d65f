import NIOCore
import Synchronization

/// Responses that were sent once and are sent again, as bytes, to clients that send the same bytes: pollers of the key
/// set and the revocation list send the same request every few seconds.
///
/// Nothing is parsed here. A request's bytes are stored after the ordinary path has answered them and the handler has
/// said that its response depends on nothing else (``Response/isCurrent``); so a stored response is what the ordinary
/// path would give. Limited in entries and in the length of a request. Stale responses are released when a new one
/// arrives, so the memory is limited by what handlers hold themselves.
final class AnswerCache: Sendable {
    /// A response without the two fields that differ for each response.
    struct Answer: Sendable {
        /// Status line and fields, up to the request id.
        let head: ByteBuffer
        let body: ByteBuffer
        let isCurrent: @Sendable () -> Bool
        let observation: RequestMetrics.Series
    }

    /// Longer requests are not remembered, in bytes. A poller's request is a quarter of this.
    static let longestRequest = 1024
    private static let capacity = 64

    private let answers = Mutex<[ByteBuffer: Answer]>([:])

    /// The response to exactly these bytes, if there is one that is still current.
    func answer(to request: ByteBuffer) -> Answer? {
        guard request.readableBytes <= Self.longestRequest else { return nil }
        guard let answer = answers.withLock({ $0[request] }) else { return nil }
        if answer.isCurrent() { return answer }
        // Another thread may have stored a newer one meanwhile: then this costs it one ordinary round.
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
