import Foundation
import Glibc
import LatchkeyHTTP
import NIOCore

/// The admin API of a data directory: of the running server through its socket, or otherwise of this process itself.
///
/// One code path for both, so a command does the same whether a server runs or not, and every command has its HTTP
/// equivalent. Anybody who may open the socket or the directory is the operator; there is no token.
struct AdminConnection: Sendable {
    /// How long a command alternates between socket and lock before it gives up.
    static let patience: Duration = .seconds(10)

    private enum Road: Sendable {
        case socket(UnixSocketPath)
        case inProcess(InProcessClient, InstanceLock)
    }

    private let road: Road

    /// Runs `body` with a connection and closes it, whatever happens.
    /// - Throws: ``CommandFailure`` when neither socket nor lock is available, and the errors of `body`.
    static func with<Result>(
        _ settings: EffectiveSettings, _ body: (AdminConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await open(settings)
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }

    /// The same for a command that needs no other settings.
    /// - Throws: also ``ConfigurationError``.
    static func with<Result>(
        _ options: SettingsOptions, _ body: (AdminConnection) async throws -> Result
    ) async throws -> Result {
        try await with(try await options.load(), body)
    }

    private static func open(_ settings: EffectiveSettings) async throws -> AdminConnection {
        let directory = settings.dataDirectory
        try directory.create()
        let deadline = ContinuousClock.now + patience
        var notice = WaitNotice()
        while true {
            if let path = try reachableSocket(of: directory) { return AdminConnection(road: .socket(path)) }
            if let lock = try InstanceLock.tryTake(in: directory) {
                let client = try await Compose.inProcess(settings: settings)
                return AdminConnection(road: .inProcess(client, lock))
            }
            notice.show(directory)
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    "The data directory \(directory.path) is in use by \(InstanceLock.holder(of: directory)), which "
                        + "does not answer on \(directory.socketPath). Wait for it, or stop it.")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// The socket's path when a server accepts on it; a file left by a killed server refuses.
    /// - Throws: ``CommandFailure`` when this user may not know whether a server runs.
    static func reachableSocket(of directory: DataDirectory) throws -> UnixSocketPath? {
        var status = stat()
        // `status` is ours for the call.
        guard unsafe stat(directory.socketPath, &status) == 0 else {
            guard FileTrouble.isDenied(errno) else { return nil }
            throw FileTrouble.failure("look at", directory.socketPath, errno)
        }
        let path = try UnixSocketPath(directory.socketPath)
        return try UnixSocketProbe.accepts(path.text) ? path : nil
    }

    private func close() async {
        if case .inProcess(let client, let lock) = road {
            await client.shutdown()
            // The lock goes last: the store must be closed before another process opens it.
            withExtendedLifetime(lock) {}
        }
    }

    /// One request. - Throws: ``CommandFailure`` with the server's own sentence for every status from 400 on.
    func send(_ method: String, _ path: String, body: [UInt8]? = nil) async throws -> HTTPAnswer {
        let answer: HTTPAnswer
        switch road {
        case .inProcess(let client, _):
            answer = await client.send(method, path, body: body)
        case .socket(let socket):
            // A request that may take minutes is only sent to a server that is known to be alive, so that a stalled one
            // is reported soon.
            let isLong = Self.longChanges.contains(path)
            if isLong {
                _ = try await Self.exchange("GET", PublicPath.liveness, socket, within: HTTPTransport.patience)
            }
            answer = try await Self.exchange(
                method, path, socket, body, within: isLong ? HTTPTransport.longPatience : HTTPTransport.patience)
        }
        guard answer.status < 400 else { throw CommandFailure(Self.sentence(of: answer)) }
        return answer
    }

    /// RSA keys are generated while the request waits, every secret is sealed again, and 500 users are imported.
    private static let longChanges = [
        AdminPath.keysRotate, AdminPath.keysImport, AdminPath.masterKeyRotate, AdminPath.usersImport,
    ]

    private static func exchange(
        _ method: String, _ path: String, _ socket: UnixSocketPath, _ body: [UInt8]? = nil, within limit: TimeAmount
    ) async throws(CommandFailure) -> HTTPAnswer {
        do {
            let url = HTTPTransport.url(socket: socket.text, path: path)
            return try await HTTPTransport.send(method, url, body: body, within: limit)
        } catch {
            // The change may have been made, or may still be made.
            let doubt = method == "GET" ? "" : " The change may have been made anyway: check before you repeat it."
            throw CommandFailure(HTTPTransport.sentence(error, within: limit) + doubt)
        }
    }

    private static func sentence(of answer: HTTPAnswer) -> String {
        guard let problem = try? JSONDecoder().decode(ProblemResource.self, from: Data(answer.body)) else {
            return "The server answered with status \(answer.status) and no explanation."
        }
        return problem.status >= 500 ? "\(problem.detail) The server's log has more." : problem.detail
    }
}

extension AdminConnection {
    /// Reads one thing.
    func get<Item: Decodable>(_ path: String, as type: Item.Type = Item.self) async throws -> Item {
        try Self.decode(try await send("GET", path).body)
    }

    /// Sends a change and reads its result.
    func send<Item: Decodable>(
        _ method: String, _ path: String, _ body: some Encodable, as type: Item.Type = Item.self
    ) async throws -> Item {
        try Self.decode(try await send(method, path, body: Self.encode(body)).body)
    }

    static func encode(_ body: some Encodable) throws -> [UInt8] {
        Array(try JSONEncoder().encode(body))
    }

    private static func decode<Item: Decodable>(_ body: [UInt8]) throws -> Item {
        do {
            return try JSONDecoder().decode(Item.self, from: Data(body))
        } catch {
            throw CommandFailure(
                "The server's answer is not what this version expects: run the same version of latchkey on both sides.")
        }
    }
}

extension AdminConnection {
    /// A whole list, newest first.
    /// - Parameter limit: at most this many items.
    func all<Item: WireValue>(
        _ path: String, _ query: [(name: String, value: String?)] = [], limit: Int? = nil,
        as type: Item.Type = Item.self
    ) async throws -> [Item] {
        // An empty value would not filter.
        if let empty = query.first(where: { $0.value?.isEmpty ?? false }) {
            throw CommandFailure("--\(empty.name) is empty: give a value, or leave it out.")
        }
        var items: [Item] = []
        var cursor: String?
        repeat {
            let rest = min(1000, limit.map { $0 - items.count } ?? 1000)
            let target = AdminPath.with(path, query + [("limit", "\(rest)"), ("cursor", cursor)])
            let page = try await get(target, as: PageResource<Item>.self)
            items += page.items
            cursor = page.nextCursor
        } while cursor != nil && items.count < limit ?? .max
        return items
    }

    /// The user with this name or id. The name is a value of the query and never part of a path, because a path cannot
    /// hold every name; later requests use the id.
    /// - Throws: ``CommandFailure`` when there is none.
    func user(_ text: String) async throws -> UserResource {
        // An empty value would not filter.
        if !text.isEmpty {
            let path = AdminPath.with(AdminPath.users, [("name", text)])
            if let user = try await get(path, as: PageResource<UserResource>.self).items.first { return user }
        }
        throw CommandFailure("There is no such user: check the name or id.")
    }

    /// Whether a server runs; without one nothing can happen that is worth waiting for.
    var isServerRunning: Bool {
        if case .socket = road { true } else { false }
    }

    /// - Throws: ``CommandFailure`` when no server runs: a command that waits would only prevent the server from
    ///   starting.
    func requireServer(_ instead: String) throws {
        guard isServerRunning else {
            throw CommandFailure(
                "No server runs on this data directory, so there is nothing to wait for: use \(instead).")
        }
    }
}
