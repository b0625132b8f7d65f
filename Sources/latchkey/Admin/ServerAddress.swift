import ArgumentParser
import LatchkeyHTTP
import LatchkeyTokens
import LatchkeyVerifier

/// The server that a command speaks to like any application, and the authorities that it trusts.
struct ServerOptions: ParsableArguments {
    @Option(name: .long, help: "URL of the server; by default the one that runs on the data directory.")
    var url: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "PEM file with your own CA; it replaces SSL_CERT_FILE and the system's authorities.", valueName: "file"),
        completion: .file())
    var ca: String?

    /// ` --url … --ca …` as the user gave them: for commands that we suggest to the user.
    var asTyped: String {
        (url.map { " --url \(ShellText.quote($0))" } ?? "") + (ca.map { " --ca \(ShellText.quote($0))" } ?? "")
    }

    /// - Throws: ``CommandFailure`` when the file cannot be used.
    func roots() throws -> TrustRoots {
        let roots = ca.map { TrustRoots.file($0) } ?? .system
        if let problem = roots.problem { throw CommandFailure(problem) }
        return roots
    }
}

/// A server whose identity was checked before anything is sent to it.
///
/// A command never sends a password to an address that the user did not name. Without `--url` it uses the server of the
/// data directory, through its socket, or an issuer that the configuration names.
struct ServerAddress: Sendable {
    private enum Road: Sendable {
        case socket(UnixSocketPath)
        case url(String)
    }

    private let road: Road
    private let roots: TrustRoots
    /// The issuer in its tokens.
    let issuer: String

    /// The base URL, if it was reached by one.
    var url: String? { if case .url(let url) = road { url } else { nil } }

    /// Finds the server and reads its identity.
    /// - Throws: ``CommandFailure`` when no server runs, or something else answers.
    static func find(_ options: ServerOptions, _ settings: SettingsOptions) async throws -> ServerAddress {
        let roots = try options.roots()
        if let url = options.url { return try await named(url, roots) }
        let values = try ConfigurationValues.read(settings.sources())
        let directory = DataDirectory(path: try values.value(of: ConfigurationKey.dataDirectory))
        // The default is a guess: any process may listen there.
        let issuer = try values.optional(ConfigurationKey.issuer)
        let socket: UnixSocketPath?
        // A user who has named an issuer needs no access to the directory.
        do { socket = try AdminConnection.reachableSocket(of: directory) } catch {
            guard issuer != nil else { throw error }
            socket = nil
        }
        if let socket { return try await local(socket, roots) }
        if let issuer { return try await named(issuer, roots) }
        throw CommandFailure(
            "No server runs on the data directory \(directory.path), so it is not clear which one you mean: start it with "
                + "\(settings.command("serve")), or name one with --url.")
    }

    /// The same for a command that needs a network address: the issuer of the data directory's server, if that server
    /// and not another one answers there.
    static func findOnNetwork(_ options: ServerOptions, _ settings: SettingsOptions) async throws -> ServerAddress {
        let found = try await find(options, settings)
        guard case .socket = found.road else { return found }
        let path = PublicPath.keySet
        let keys = try await found.get(path).body
        do {
            let there = try await named(found.issuer, found.roots)
            guard try await there.get(path).body == keys else {
                throw CommandFailure("Another server answers at \(found.issuer).")
            }
            return there
        } catch let failure as CommandFailure {
            throw CommandFailure(
                "The issuer of the running server is \(found.issuer), but it cannot be reached there: \(failure) Name its address "
                    + "with --url.")
        }
    }

    private static func local(_ socket: UnixSocketPath, _ roots: TrustRoots) async throws -> ServerAddress {
        let address = ServerAddress(road: .socket(socket), roots: roots, issuer: "")
        return ServerAddress(road: .socket(socket), roots: roots, issuer: try await address.askIssuer())
    }

    private static func named(_ text: String, _ roots: TrustRoots) async throws -> ServerAddress {
        let url = text.utf8.last == UInt8(ascii: "/") ? String(text.dropLast()) : text
        guard ConnectionTrouble.Target(url: url) != nil, !url.utf8.contains(UInt8(ascii: "?")),
            !url.utf8.contains(UInt8(ascii: "#"))
        else {
            throw CommandFailure("\(text) is not the address of a server: give a URL such as https://auth.example.com.")
        }
        let issuer = try await ServerAddress(road: .url(url), roots: roots, issuer: "").askIssuer()
        if !issuer.utf8.elementsEqual(url.utf8) {
            Terminal.note("Note: the server at \(url) has the issuer \(issuer), and its tokens name that issuer.")
        }
        return ServerAddress(road: .url(url), roots: roots, issuer: issuer)
    }

    /// From its metadata (RFC 8414); no other server has our list in it.
    private func askIssuer() async throws -> String {
        let answer = try await get(PublicPath.metadata)
        if (300..<400).contains(answer.status), let location = answer.location {
            throw CommandFailure("\(name) redirects to \(Self.visible(location)): name that address with --url.")
        }
        let document = answer.status == 200 ? try? StrictJSON.parseObject(answer.body) : nil
        guard let issuer = document?["issuer"]?.string, document?["revocation_list_uri"]?.string != nil,
            ConnectionTrouble.Target(url: issuer) != nil
        else {
            // Problem details of RFC 9457: a server that speaks TLS sends them to a client that does not.
            let problem = answer.status == 200 ? nil : try? StrictJSON.parseObject(answer.body)
            if let detail = problem?["detail"]?.string {
                throw CommandFailure(
                    "\(name) answered the request for its metadata with status \(answer.status): \(Self.visible(detail))"
                )
            }
            throw CommandFailure(
                "\(name) is not a Latchkey server: it answered the request for its metadata with status \(answer.status)."
            )
        }
        return issuer
    }

    /// Text from another program, made safe for a terminal.
    private static func visible(_ text: String) -> String {
        String(decoding: text.utf8.prefix(200).filter { (0x20...0x7E).contains($0) }, as: UTF8.self)
    }

    /// For messages.
    var name: String { url ?? "The server of this data directory" }

    func get(_ path: String) async throws -> HTTPAnswer {
        try await send("GET", path, fields: [("Accept", "application/json")])
    }

    /// - Throws: ``CommandFailure`` that says why there is no answer.
    func send(
        _ method: String, _ path: String, fields: [(name: String, value: String)] = [], body: [UInt8]? = nil
    ) async throws -> HTTPAnswer {
        switch road {
        case .url(let url):
            return try await Self.exchange(method, url + path, fields: fields, body: body, roots)
        case .socket(let socket):
            do {
                return try await HTTPTransport.send(
                    method, HTTPTransport.url(socket: socket.text, path: path), fields: fields, body: body)
            } catch {
                throw CommandFailure(HTTPTransport.sentence(error))
            }
        }
    }

    /// One request to a URL.
    /// - Throws: ``CommandFailure`` that says why there is no answer.
    static func exchange(
        _ method: String, _ url: String, fields: [(name: String, value: String)], body: [UInt8]? = nil,
        _ roots: TrustRoots
    ) async throws -> HTTPAnswer {
        do {
            return try await HTTPTransport.send(
                method, url, fields: fields, body: body, roots: roots)
        } catch {
            guard let target = ConnectionTrouble.Target(url: url) else {
                throw CommandFailure("\(url) is not the URL of a server.")
            }
            let reason = await ConnectionTrouble.reason(error, target, authorityOption: "--ca FILE or SSL_CERT_FILE")
            throw CommandFailure("No answer from \(url): \(reason).")
        }
    }
}
