#if Postgres
    import LatchkeyCore
    import LatchkeyTokens
    import Synchronization
    import TestConditions
    import TestSupport
    import Testing

    /// What clients of several nodes were told, while nodes and the database come and go. Only what was acknowledged
    /// counts. A client whose request got no answer asks another node with the same token, as clients do.
    final class NodesLedger: Sendable {
        /// The newest that a session received.
        struct Tokens {
            let refresh: String
            let access: String
        }

        enum Act: String, CaseIterable { case login, refresh, logout, poll }

        struct Told {
            /// Sessions that live.
            var live: [SessionID: Tokens] = [:]
            /// Sessions whose logout was acknowledged.
            var ended: Set<SessionID> = []
            /// Access tokens of those.
            var revoked: [String] = []
            /// Sessions that were live and are not any more.
            var lost = 0
            var epoch = ""
            var epochs: Set<String> = []
            /// Largest `seq` that any poller saw in ``epoch``.
            var sequence: Int64 = 0
            var logins = 0
            var refreshes = 0
            var logouts = 0
            var polls = 0
            /// Requests without an answer, or with one that says to come back.
            var unanswered = 0
            /// Those that were told to come back.
            var refused: [Act: Int] = [:]
            /// Answers that no client may get.
            var wrong: [String] = []
            var acts: Int { logins + refreshes + logouts }
        }

        private let told = Mutex(Told())
        private let nodes: [TestHTTP]

        init(_ nodes: [TestHTTP]) { self.nodes = nodes }

        var now: Told { told.withLock { $0 } }

        /// Signs in, refreshes, signs out and polls, at any node, until it is cancelled.
        func load(workers: Int, seed: UInt64) async {
            await withTaskGroup(of: Void.self) { group in
                for worker in 0..<workers {
                    group.addTask {
                        var random = SeededGenerator(seed: seed &+ UInt64(worker))
                        while !Task.isCancelled { await self.live("user\(worker % 4)", &random) }
                    }
                }
                for poller in 0..<2 {
                    group.addTask {
                        var random = SeededGenerator(seed: seed &+ 1_000 &+ UInt64(poller))
                        while !Task.isCancelled {
                            await self.poll(&random)
                            try? await Task.sleep(for: .milliseconds(5))
                        }
                    }
                }
            }
        }

        /// One sign-in and what follows.
        private func live(_ user: String, _ random: inout SeededGenerator) async {
            let body: [String: JSONValue] = [
                "username": .string(user), "password": .string(TestServer.password), "client_id": .string("spa"),
            ]
            guard let login = await once(.login, &random, { try await $0.post("/api/v1/login", json: body) }) else {
                return await pause()
            }
            guard let tokens = Self.tokens(login), let session = RefreshToken(tokens.refresh)?.session else {
                return wrong("a sign-in was answered with \(login.status): \(login.text)")
            }
            told.withLock {
                $0.live[session] = tokens
                $0.logins += 1
            }
            var token = tokens.refresh
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                guard let next = await refresh(token, session, &random) else { return }
                token = next
            }
            if Bool.random(using: &random) { await leave(session, token, &random) }
        }

        private static func tokens(_ answer: TestResponse) -> Tokens? {
            guard answer.status == 200, let refresh = answer["refresh_token"], let access = answer["access_token"]
            else { return nil }
            return Tokens(refresh: refresh, access: access)
        }

        /// - Returns: the successor; nil when it was cancelled meanwhile, or refused.
        private func refresh(_ token: String, _ session: SessionID, _ random: inout SeededGenerator) async -> String? {
            let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "spa")]
            while !Task.isCancelled {
                guard let answer = await once(.refresh, &random, { try await $0.post("/oauth2/token", form: form) })
                else {
                    await pause()
                    continue
                }
                // The quiet half of the window: the successor was sent before, and comes again when the window is over.
                if answer.status == 200, answer["refresh_token"] == nil {
                    await pause()
                    continue
                }
                guard let next = Self.tokens(answer) else {
                    wrong("a refresh was answered with \(answer.status): \(answer.text)")
                    return nil
                }
                told.withLock {
                    $0.live[session] = next
                    $0.refreshes += 1
                }
                return next.refresh
            }
            return nil
        }

        private func leave(_ session: SessionID, _ token: String, _ random: inout SeededGenerator) async {
            // From now on it may have ended or not.
            let tokens = told.withLock { $0.live.removeValue(forKey: session) }
            while !Task.isCancelled {
                let answer = await once(.logout, &random) {
                    try await $0.post("/api/v1/logout", json: ["refresh_token": .string(token)])
                }
                guard let answer else {
                    await pause()
                    continue
                }
                guard answer.status == 204 else {
                    return wrong("a logout was answered with \(answer.status): \(answer.text)")
                }
                return told.withLock {
                    $0.ended.insert(session)
                    if let tokens { $0.revoked.append(tokens.access) }
                    $0.logouts += 1
                }
            }
        }

        /// Signs out of these sessions, one after the other, until it is cancelled.
        func leave(_ sessions: [SessionID: Tokens], seed: UInt64) async {
            var random = SeededGenerator(seed: seed)
            for (session, tokens) in sessions where !Task.isCancelled {
                await leave(session, tokens.refresh, &random)
            }
        }

        private func poll(_ random: inout SeededGenerator) async {
            let (epoch, sequence) = told.withLock { ($0.epoch, $0.sequence) }
            let path = epoch.isEmpty ? "/revocations" : "/revocations?epoch=\(epoch)&after=\(sequence)"
            guard let answer = await once(.poll, &random, { try await $0.get(path) }) else { return await pause() }
            guard answer.status == 200, let document = try? RevocationDocument(parsing: answer.body) else {
                return wrong("a poll was answered with \(answer.status): \(answer.text)")
            }
            if document.epoch == epoch, document.sequence < sequence {
                wrong("a poll after \(sequence) was answered with a document of \(document.sequence)")
            }
            told.withLock { told in
                told.polls += 1
                if told.epoch != document.epoch { (told.epoch, told.sequence) = (document.epoch, 0) }
                told.epochs.insert(document.epoch)
                told.sequence = max(told.sequence, document.sequence)
            }
        }

        /// Every acknowledged fact is there, at every node, and nothing that was revoked lives.
        func verify(_ place: String) async throws {
            let told = now
            #expect(told.wrong.isEmpty, "\(place): \(told.wrong.prefix(3))")
            let ended = Set(told.ended.map(\.description))
            for (number, node) in nodes.enumerated() {
                // Other nodes than the one that acknowledged it hear of it a moment later.
                try await eventually("\(place): node \(number) lists what was revoked") {
                    guard let answer = try? await node.get("/revocations"), answer.status == 200 else { return false }
                    let document = try RevocationDocument(parsing: answer.body)
                    return ended.isSubset(of: document.entries.compactMap(\.id))
                        && (document.epoch != told.epoch || document.sequence >= told.sequence)
                }
            }
            var random = SeededGenerator(seed: UInt64(told.acts))
            for (session, tokens) in told.live where await refresh(tokens.refresh, session, &random) == nil {
                Issue.record("\(place): session \(session) was lost: \(now.wrong.last ?? "")")
                self.told.withLock { $0.lost += 1 }
            }
            // Few sessions are carried on: what matters is that those that were live meanwhile are.
            self.told.withLock { if $0.live.count > 40 { $0.live = [:] } }
        }

        /// One request to one node.
        /// - Returns: nil without an answer, and for one that says to come back.
        private func once(
            _ act: Act, _ random: inout SeededGenerator, _ request: (TestHTTP) async throws -> TestResponse
        ) async -> TestResponse? {
            let node = nodes[Int.random(in: 0..<nodes.count, using: &random)]
            let answer = try? await request(node)
            if let answer, answer.status != 503 { return answer }
            told.withLock { told in
                told.unanswered += 1
                guard let answer else { return }
                told.refused[act, default: 0] += 1
                if answer[field: "Retry-After"] == nil {
                    told.wrong.append("a \(act) was refused and not told when to come back: \(answer.text)")
                }
            }
            return nil
        }

        /// So that clients of a node that is gone do not take the processor from it.
        private func pause() async { try? await Task.sleep(for: .milliseconds(50)) }

        private func wrong(_ sentence: String) { told.withLock { $0.wrong.append(sentence) } }
    }
#endif
