#if Postgres
    internal import CPostgres
    import Glibc
    import LatchkeyCore

    /// Round trips: what is sent together, and the wait for what comes back.
    extension PostgresConnection {
        enum Message {
            /// Statements without arguments, each a transaction of its own unless they begin one. Only alone.
            case script(String)
            /// One statement without arguments that is not prepared.
            case statement(String)
            case prepare(_ name: String, String)
            case describe(_ name: String)
            case execute(_ name: String, PostgresParameters)
        }

        /// Sends all in one round trip.
        /// - Returns: the result of each.
        /// - Throws: the first error. Messages after that one were not run.
        @discardableResult
        func exchange(_ messages: [Message]) throws -> [PostgresResult] {
            do {
                let deadline = patience.map { ContinuousClock.now + $0 }
                let results =
                    messages.count == 1 ? try alone(messages[0], deadline) : try pipeline(messages, deadline)
                // An error that ended the connection may have come as an answer.
                if !isOpen { close() }
                return try results.get()
            } catch let error as PostgresError {
                // What is still under way could be taken for the answer to something else.
                if error.endsConnection { close() }
                throw error
            }
        }

        private func alone(
            _ message: Message, _ deadline: ContinuousClock.Instant?
        ) throws -> Result<[PostgresResult], any Error> {
            try send(message)
            return try results(deadline)
        }

        private func pipeline(
            _ messages: [Message], _ deadline: ContinuousClock.Instant?
        ) throws -> Result<[PostgresResult], any Error> {
            guard unsafe PQenterPipelineMode(handle) == 1 else { throw lost() }
            for message in messages { try send(message) }
            guard unsafe PQpipelineSync(handle) == 1 else { throw lost() }
            var all: [PostgresResult] = []
            var failure: (any Error)?
            for _ in messages {
                switch try results(deadline) {
                case .success(let some): all += some
                // The messages after it are reported as aborted.
                case .failure(let error): failure = failure ?? error
                }
                guard isOpen else { return .failure(failure ?? lost()) }
            }
            // The synchronisation itself.
            unsafe PQclear(try next(deadline))
            guard unsafe PQexitPipelineMode(handle) == 1 else { throw lost() }
            return failure.map { .failure($0) } ?? .success(all)
        }

        private func send(_ message: Message) throws {
            // libpq copies what it is given before the calls return.
            let sent: CInt
            switch message {
            case .script(let sql): sent = unsafe PQsendQuery(handle, sql)
            case .statement(let sql): sent = unsafe PQsendQueryParams(handle, sql, 0, nil, nil, nil, nil, 1)
            case .prepare(let name, let sql): sent = unsafe PQsendPrepare(handle, name, sql, 0, nil)
            case .describe(let name): sent = unsafe PQsendDescribePrepared(handle, name)
            case .execute(let name, let parameters):
                sent = unsafe parameters.withPointers { values, lengths, forms in
                    unsafe PQsendQueryPrepared(handle, name, CInt(parameters.count), values, lengths, forms, 1)
                }
            }
            guard sent == 1 else { throw lost() }
        }

        /// What came back for one message: all of it, or its first error.
        private func results(_ deadline: ContinuousClock.Instant?) throws -> Result<[PostgresResult], any Error> {
            var results: [PostgresResult] = []
            var failure: (any Error)?
            while let result = unsafe try next(deadline) {
                do {
                    results.append(unsafe try PostgresResult(result, handle))
                } catch {
                    failure = failure ?? error
                }
                guard isOpen else { break }
            }
            return failure.map { .failure($0) } ?? .success(results)
        }

        /// The next result; nil after the last one of a message.
        private func next(_ deadline: ContinuousClock.Instant?) throws -> OpaquePointer? {
            while unsafe PQisBusy(handle) == 1 {
                try waitForInput(deadline)
                guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
            }
            return unsafe PQgetResult(handle)
        }

        private func lost() -> PostgresError { unsafe .lost(PostgresResult.text(PQerrorMessage(handle))) }

        /// - Throws: ``PostgresError/lost(_:)`` when nothing comes: a server that hangs would hold its callers for ever, since
        ///   its machine goes on confirming what arrives there.
        private func waitForInput(_ deadline: ContinuousClock.Instant?) throws {
            while true {
                let left = deadline.map { CInt(clamping: max(0, ($0 - .now).wholeMilliseconds + 1)) } ?? -1
                var socket = unsafe pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
                // `socket` is a local that lives for the call.
                let ready = unsafe poll(&socket, 1, left)
                if ready > 0 { return }
                if ready == 0, let patience { throw PostgresError.lost("no answer within \(patience)") }
                guard errno == EINTR else { throw PostgresError.lost("the socket cannot be waited for") }
            }
        }

        // MARK: Notifications

        /// Waits for a notification of a channel that was listened to, for something that ends the connection, for another
        /// descriptor, or for the time to pass. Takes all that have come.
        /// - Parameters:
        ///   - own: the payload of notifications that do not count.
        ///   - descriptor: readable when the wait is over for another reason.
        /// - Returns: whether there was one.
        /// - Throws: ``PostgresError/lost(_:)``.
        func waitForNotification(milliseconds: CInt, except own: String, or descriptor: CInt) throws -> Bool {
            var waits = unsafe [PQsocket(handle), descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            // The array lives for the call, which fills its two places.
            unsafe _ = poll(&waits, 2, milliseconds)
            guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
            var hasCome = false
            while let notification = unsafe PQnotifies(handle) {
                if unsafe !PostgresResult.text(notification.pointee.extra).utf8.elementsEqual(own.utf8) {
                    hasCome = true
                }
                unsafe PQfreemem(notification)
            }
            return hasCome
        }
    }
#endif
