/// Where the server listens: nothing but this machine.
enum Endpoint: Sendable {
    /// A port of 127.0.0.1.
    case loopback(port: UInt16)
    /// A socket in the file system, at most 107 bytes.
    case unixSocket(path: String)
}
