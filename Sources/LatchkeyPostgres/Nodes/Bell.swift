#if Postgres
    import Glibc

    /// Wakes a thread that sleeps in `poll`: a pipe that nobody reads for what is in it.
    final class Bell: Sendable {
        /// Readable once the bell has been rung.
        let descriptor: CInt
        private let writing: CInt

        init() {
            var ends: [CInt] = [-1, -1]
            // The array lives for the call, which fills its two places.
            unsafe precondition(pipe(&ends) == 0, "no descriptor is left for a pipe")
            for end in ends {
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
            }
            descriptor = ends[0]
            writing = ends[1]
        }

        deinit {
            close(descriptor)
            close(writing)
        }

        /// A full pipe is rung already.
        func ring() {
            var byte: UInt8 = 0
            // `byte` is a local that lives for the call.
            unsafe _ = write(writing, &byte, 1)
        }

        func silence() {
            var bytes = [UInt8](repeating: 0, count: 64)
            // The array lives for the call, which fills at most its 64 places.
            while unsafe read(descriptor, &bytes, 64) == 64 {}
        }
    }
#endif
