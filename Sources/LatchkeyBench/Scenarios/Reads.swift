import Foundation

/// What the server answers from memory, beside nginx with the same bytes under the same load.
struct Reads {
    let options: BenchOptions
    let folder: String

    /// One thing that both are asked for.
    private struct Question {
        let key: String
        let title: String
        let path: String
        let status: Int
        /// By which each knows that the asker has it.
        let serverFields: [String]
        let nginxFields: [String]
        let answerBytes: ClosedRange<Int>
    }

    private static let jwksPath = "/.well-known/jwks.json"
    private static let listPath = "/revocations"

    func measure() throws -> Section {
        var section = Section(.reads)
        try ServerUnderTest.withPopulation(options, folder, revocations: Population.listEntries) { server in
            let place = folder + "/nginx"
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
            let nginx = try Nginx(
                folder: place,
                documents: [
                    try document(Self.jwksPath, server), try document(Self.listPath, server),
                    .init(path: "/healthz", body: Array("ok\n".utf8), contentType: "text/plain", fields: []),
                ], cores: Machine.cores)
            defer { nginx.stop() }
            let questions = try questions(server, nginx)
            let wrk = try Wrk(folder: folder)
            let rows = questions.flatMap { self.rows($0, server, nginx, wrk) }
            let ratios = questions.flatMap { question in
                let (own, other) = (question.key, question.key + "_nginx")
                return [
                    Ratio.of(own, to: other, "\(question.title): rate / nginx"),
                    .cost(own, to: other, "\(question.title): processor time per request / nginx"),
                ]
            }
            section.add(rows, ratios, try Rounds(plan: options.plan).run(rows, name: "reads"))
            section.lines.append(try server.figures.memory().line("after the reads"))
        }
        for document in Budget.ReadDocument.allCases {
            let pair = "\(document.rawValue)/\(document.rawValue)_nginx"
            try section.judge(.readRate(document), ratio: pair)
            try section.judge(.readCost(document), ratio: "cpu:" + pair)
        }
        return section
    }

    private func rows(_ question: Question, _ server: ServerUnderTest, _ nginx: Nginx, _ wrk: Wrk) -> [Row] {
        let title = "\(question.title), \(Wrk.connections) connections"
        return [
            Row(key: question.key, title: title) { seconds in
                try wrk.run(
                    port: server.port, path: question.path, fields: question.serverFields, seconds: seconds,
                    answerBytes: question.answerBytes, cpuSeconds: server.figures.cpuSeconds)
            },
            Row(key: question.key + "_nginx", title: "  the same by nginx", isYardstick: true) { seconds in
                try wrk.run(
                    port: nginx.port, path: question.path, fields: question.nginxFields, seconds: seconds,
                    answerBytes: question.answerBytes, cpuSeconds: nginx.cpuSeconds)
            },
        ]
    }

    private func questions(_ server: ServerUnderTest, _ nginx: Nginx) throws -> [Question] {
        let other = Endpoint.loopback(port: nginx.port)
        let (jwks, list) = (try body(Self.jwksPath, other).count, try body(Self.listPath, other).count)
        guard list > 95_000, list < 105_000 else { throw BenchFailure("The list has \(list) bytes, not 100 KB.") }
        // A head without surprises has less than a kilobyte; more would be another answer.
        let head = 100...1000
        func whole(_ body: Int) -> ClosedRange<Int> { body + head.lowerBound...body + head.upperBound }
        let questions = [
            Question(
                key: "jwks", title: "GET JWKS", path: Self.jwksPath, status: 200, serverFields: [], nginxFields: [],
                answerBytes: whole(jwks)),
            Question(
                key: "list_200", title: "GET list, \(list) bytes", path: Self.listPath, status: 200, serverFields: [],
                nginxFields: [], answerBytes: whole(list)),
            Question(
                key: "list_304", title: "GET list, If-None-Match", path: Self.listPath, status: 304,
                serverFields: ["If-None-Match: \(try tag(server.endpoint))"],
                nginxFields: ["If-None-Match: \(try tag(other))"], answerBytes: head),
            Question(
                key: "healthz", title: "GET /healthz", path: "/healthz", status: 200, serverFields: [],
                nginxFields: [], answerBytes: head),
        ]
        for question in questions {
            for (endpoint, fields) in [(server.endpoint, question.serverFields), (other, question.nginxFields)] {
                try HTTPConnection(endpoint).exchange(
                    HTTPRequest.get(question.path, fields: fields), expecting: question.status)
            }
        }
        return questions
    }

    /// What nginx has to answer: the bytes of the server, with its header fields.
    private func document(_ path: String, _ server: ServerUnderTest) throws -> Nginx.Document {
        let connection = try HTTPConnection(server.endpoint)
        try connection.exchange(HTTPRequest.get(path), expecting: 200)
        // These nginx makes itself.
        let made = ["content-length", "content-type", "date", "etag", "server", "connection", "last-modified"]
        let fields = connection.head.split(separator: "\r\n").dropFirst().compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return made.contains(parts[0].lowercased()) || parts.count < 2
                ? nil : (name: String(parts[0]), value: parts[1].trimmingCharacters(in: .whitespaces))
        }
        return Nginx.Document(
            path: path, body: Array(connection.body),
            contentType: connection.field("content-type") ?? "application/json", fields: fields)
    }

    private func body(_ path: String, _ endpoint: Endpoint) throws -> ArraySlice<UInt8> {
        let connection = try HTTPConnection(endpoint)
        try connection.exchange(HTTPRequest.get(path), expecting: 200)
        return connection.body
    }

    private func tag(_ endpoint: Endpoint) throws -> String {
        let connection = try HTTPConnection(endpoint)
        try connection.exchange(HTTPRequest.get(Self.listPath), expecting: 200)
        guard let tag = connection.field("etag") else { throw BenchFailure("The revocation list has no ETag.") }
        return tag
    }
}

extension Budget {
    /// By the key of its row.
    enum ReadDocument: String, CaseIterable {
        case jwks, list200 = "list_200", list304 = "list_304"

        fileprivate var title: String {
            switch self {
            case .jwks: "JWKS"
            case .list200: "revocation list of 100 KB"
            case .list304: "revocation list, 304"
            }
        }
    }

    static func readRate(_ document: ReadDocument) -> Budget {
        Budget(
            key: "\(document.rawValue)_rate", title: "\(document.title), requests", bound: .atLeast(0.8),
            unit: "x nginx",
            reason:
                "Prebuilt bytes need no more work than a file. A service would not notice a fifth less than the best in "
                + "C; beyond that, operators would put a proxy in front.")
    }

    static func readCost(_ document: ReadDocument) -> Budget {
        Budget(
            key: "\(document.rawValue)_cpu", title: "\(document.title), processor time a request",
            bound: .atMost(1.5), unit: "x nginx",
            reason: "Logins and rotations lack the time that polling services take. The rate alone would not show it "
                + "while the load generator is the bottleneck.")
    }
}
