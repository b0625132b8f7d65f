#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import Synchronization
    import Waiting

    /// Hears what other nodes have committed, and has it published here: by LISTEN, and every second whatever comes.
    final class Watcher: Sendable {
        static let channel = "latchkey"
        /// Between two looks without a notification, in milliseconds.
        private static let period: CInt = 1000
        private static let periodWithoutListen: CInt = 100

        private let stopping = Atomic<Bool>(false)
        private let exit = Completion()

        init(_ settings: PostgresStore.Settings, sequencer: Sequencer) {
            let (address, listens) = (settings.address, settings.listens)
            OwnThread.start("store-watch") { [self] in
                let line = PostgresLine(address)
                var listening: PostgresConnection?
                while !stopping.load(ordering: .relaxed) {
                    do {
                        let connection = try line.connection()
                        if listening !== connection {
                            if listens { try connection.execute(script: "LISTEN \(Self.channel)") }
                            listening = connection
                        }
                        try wait(connection, listens ? Self.period : Self.periodWithoutListen)
                    } catch {
                        line.close()
                        listening = nil
                        Thread.sleep(milliseconds: Int(Self.periodWithoutListen))
                    }
                    sequencer.number([]) { _ in }
                }
                line.close()
                exit.finish()
            }
        }

        /// In short pieces, so that a stop is noticed.
        private func wait(_ connection: PostgresConnection, _ period: CInt) throws {
            var left = period
            while left > 0, !stopping.load(ordering: .relaxed) {
                let piece = min(left, 50)
                if try connection.waitForNotification(milliseconds: piece) { return }
                left -= piece
            }
        }

        func stop() async {
            stopping.store(true, ordering: .relaxed)
            await exit.wait()
        }
    }
#endif
