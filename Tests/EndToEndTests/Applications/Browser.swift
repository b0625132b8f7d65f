import Foundation
import LatchkeyTokens
import TestSupport
import Testing

/// Tests/Python/browser.py: it goes where a person's browser goes, and refuses what a browser refuses.
struct Browser: Sendable {
    /// What a person does.
    enum Step {
        case open(String)
        case follow(String)
        case signIn(String = "ada", password: String = TestServer.password)
        case fill(String, String)
        case press(String)

        var json: [Any] {
            switch self {
            case .open(let address): ["open", address]
            case .follow(let link): ["follow", link]
            case .signIn(let name, let password): ["sign in", name, password]
            case .fill(let field, let text): ["fill", [field: text]]
            case .press(let button): ["press", button]
            }
        }
    }

    /// A request that a step led to.
    struct Request: Decodable, Sendable {
        let method: String
        let url: String
        let status: Int
        /// Bytes of the answer's head.
        let head: Int
    }

    /// Where it ended.
    struct Page: Decodable, Sendable {
        let url: String?
        let status: Int?
        let title: String?
        let text: String?
        let body: String?
        let buttons: [String]?
        let fields: [String]?
        let requests: [Request]
        let external: String?
        let error: String?

        /// What an application says in JSON.
        var json: JSONValue { (try? StrictJSON.parse(Array((body ?? "").utf8))) ?? .null }

        /// A text member of that.
        subscript(_ member: String) -> String? { json.object?[member]?.string }

        /// Requests to a path of the server.
        func requests(to path: String) -> [Request] { requests.filter { $0.url.contains(path) } }

        /// The way, for a test that fails.
        var way: String {
            (requests.map { "\($0.method) \($0.url.prefix(200)) \($0.status)" } + [
                "\(title ?? ""): \((text ?? "").prefix(800))"
            ]).joined(separator: "\n")
        }
    }

    private let authority: String?
    private let state: String
    private let folder: TemporaryFolder

    init(authority: String?, folder: TemporaryFolder) {
        self.authority = authority
        self.folder = folder
        state = folder.file("browser-\(UUID().uuidString.prefix(8)).json")
    }

    /// Does these steps, and those of earlier calls are done.
    /// - Throws: when a step cannot be done, or a browser would refuse it.
    @discardableResult
    func go(_ steps: Step...) async throws -> Page {
        let page = try await attempt(steps)
        if let error = page.error { throw ChildProcess.Failure(description: "\(error)\n\(page.way)\n\(logs)") }
        return page
    }

    /// The end of what the applications of this test said.
    private var logs: String {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasPrefix("application-") || $0.hasSuffix("error.log") }.sorted().map { name in
            "\(name): " + ((try? String(contentsOfFile: folder.file(name), encoding: .utf8)) ?? "").suffix(2000)
        }.joined(separator: "\n")
    }

    /// The same, for steps that a browser is to refuse.
    func attempt(_ steps: [Step]) async throws -> Page {
        let text = try JSONSerialization.data(withJSONObject: steps.map(\.json))
        let output = folder.file("page-\(UUID().uuidString.prefix(8)).json")
        let log = output + ".log"
        let program = Language.python.programs.appending(path: "browser.py").path
        let child = try ChildProcess(
            [Language.python.interpreter, program, state, String(decoding: text, as: UTF8.self)]
                + (authority.map { ["--ca", $0] } ?? []),
            environment: ["PYTHONDONTWRITEBYTECODE": "1"], output: output, error: log)
        let status = try await child.exit()
        guard let page = try? JSONDecoder().decode(Page.self, from: Data(contentsOf: URL(filePath: output))) else {
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw ChildProcess.Failure(description: "the browser ended with \(status):\n\(said.suffix(2000))")
        }
        return page
    }
}
