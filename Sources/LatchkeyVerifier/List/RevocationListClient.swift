import LatchkeyTokens
import Logging

/// Polls the issuer's revocation list and publishes each state of it. Its ``StateMachine`` makes all decisions.
struct RevocationListClient: Sendable {
    private let http: VerifierHTTP
    private let store: VerifierStore
    private let keys: KeySource
    private let configuration: TokenVerifier.Configuration

    init(_ configuration: TokenVerifier.Configuration, http: VerifierHTTP, store: VerifierStore, keys: KeySource) {
        self.configuration = configuration
        self.http = http
        self.store = store
        self.keys = keys
    }

    /// Polls until cancelled, starting from the known state.
    func run() async {
        var machine = StateMachine(list: store.snapshot.list, mode: configuration.polling)
        var lastFailure: PollFailure?
        var wasPollingInstead = false
        while !Task.isCancelled {
            switch machine.next() {
            case .sleep(let pause):
                do { try await configuration.sleep(pause) } catch { return }
            case .fetch(let request):
                let start = ContinuousClock.now
                let answer = await poll(request, known: machine.list.index)
                let outcome = machine.receive(
                    answer, to: request, after: ContinuousClock.now - start, at: configuration.now(),
                    jitter: configuration.jitter())
                guard !Task.isCancelled else { return }
                switch outcome {
                case .applied:
                    store.install(machine.list)
                    if lastFailure != nil { configuration.logger?.info("The revocation list can be renewed again") }
                    lastFailure = nil
                case .waitRefused:
                    break
                case .failed(let failure):
                    // Logs each new reason once: a server that is down for a night must not fill the log.
                    if failure != lastFailure {
                        configuration.logger?.warning(
                            "The revocation list could not be renewed", metadata: ["lk.reason": "\(failure)"])
                    }
                    lastFailure = failure
                }
                guard machine.isPollingInstead != wasPollingInstead else { continue }
                wasPollingInstead.toggle()
                configuration.logger?.notice(
                    wasPollingInstead
                        ? "The server holds no long poll; polling for the revocation list at intervals instead"
                        : "The server holds long polls again")
            }
        }
    }

    private func poll(_ request: StateMachine.Request, known: RevocationIndex) async -> StateMachine.Answer {
        // Nothing can be checked before the first keys have arrived.
        if configuration.requiresSignedList, store.snapshot.keys.isEmpty { _ = await keys.refetch() }
        do throws(PollFailure) {
            do throws(PollFailure) {
                return .document(try await fetch(request, known: known))
            } catch {
                // The key may be newer than our set.
                guard error == .badSignature(.unknownKey), await keys.refetch() else { throw error }
                return .document(try await fetch(request, known: known))
            }
        } catch {
            return .failure(error)
        }
    }

    private func fetch(
        _ request: StateMachine.Request, known: RevocationIndex
    ) async throws(PollFailure) -> RevocationDocument {
        let limits = configuration.limits
        let slack = min(limits.requestTimeout, request.slack ?? limits.requestTimeout)
        let limit = request.query == nil ? limits.snapshotTimeout : slack + (request.wait ?? .zero)
        let answer: VerifierHTTP.Answer
        do throws(TransportFailure) {
            answer = try await http.send(
                .get, path(request),
                headers: [
                    ("Accept", ListFormat.accepted(onlySigned: configuration.requiresSignedList)),
                    // No cache that obeys our headers may answer.
                    ("Cache-Control", "no-cache"),
                ],
                authenticated: true, maximumLength: limits.listLength, within: limit)
        } catch {
            throw .transport(error)
        }
        guard answer.status == 200 else {
            let retryAfter = answer.field("Retry-After").flatMap(Int64.init)
            throw .status(answer.status, retryAfter: retryAfter.map { .seconds(min(max($0, 0), 3600)) })
        }
        return try ListFormat.decode(
            answer.body, mediaType: answer.mediaType, onlySigned: configuration.requiresSignedList, limits: limits,
            signatures: ListFormat.Signatures(
                keys: store.snapshot.keys, algorithms: configuration.algorithms, known: known,
                now: configuration.now()))
    }

    /// Nothing that needs escaping gets here: the epoch was checked when it was read.
    private func path(_ request: StateMachine.Request) -> String {
        var parameters: [String] = []
        if let query = request.query { parameters += ["after=\(query.after)", "epoch=\(query.epoch)"] }
        if let wait = request.wait { parameters.append("wait=\(wait.components.seconds)") }
        if let consumer = configuration.consumer { parameters.append("consumer=\(Self.escaped(consumer))") }
        return "/revocations" + (parameters.isEmpty ? "" : "?") + parameters.joined(separator: "&")
    }

    /// Percent-encodes all but RFC 3986's unreserved characters. Leaves out what the server would refuse: characters
    /// that are not printable ASCII, and everything beyond 64.
    private static func escaped(_ consumer: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return consumer.utf8.filter { (0x21...0x7E).contains($0) }.prefix(64).map { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 0x0F)])"
            }
        }
        .joined()
    }
}
