import Hummingbird
import LatchkeyCore
import LatchkeyTokens

extension AdminUsers {
    /// One chunk of an import; each line is judged for itself, and a refused line does not stop the others.
    func importLines(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let body = try await UserImportRequest.read(from: request)
        guard body.lines.count <= UserImportRequest.maximumLines else {
            throw Refusal(
                .invalidRequest, "At most \(UserImportRequest.maximumLines) lines go into one request: send chunks.")
        }
        let first = body.firstLine ?? 1
        guard (1...1_000_000_000).contains(first) else {
            throw Refusal(.invalidRequest, "The member first_line must be a positive number.")
        }
        let lines = body.lines.enumerated().map { index, line in
            ImportLine(
                number: first + index, username: line.name, passwordHash: line.passwordHash.exposed,
                roles: line.roles ?? [], disabled: line.disabled ?? false,
                mustChange: line.mustChangePassword ?? false)
        }
        let results = try await services.users.importUsers(lines, dryRun: body.dryRun ?? false, actor: actor)
        return try .resource(UserImportResponse(results: results.map(UserImportLineResult.init)))
    }
}

extension UserImportLineResult {
    init(_ result: ImportResult) {
        switch result.outcome {
        case .imported(let id): self.init(line: result.line, outcome: .imported, id: id?.description)
        case .alreadyExists: self.init(line: result.line, outcome: .alreadyExists)
        case .refused(let why): self.init(line: result.line, outcome: .refused, detail: why)
        }
    }
}
