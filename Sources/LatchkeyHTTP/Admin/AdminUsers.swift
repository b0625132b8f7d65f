import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/api/v1/admin/users`: accounts. A user in a path is an id or a name; a user whose name has a slash is found by
/// `?name=` and reached by id.
struct AdminUsers: Sendable {
    let users: UserService

    var routes: [Route] {
        [
            Route(.get, AdminPath.users, "listUsers", .admin(.reads, list)),
            Route(.post, AdminPath.users, "createUser", .admin(.changes, create)),
            Route(.post, AdminPath.usersImport, "importUsers", .admin(.changes, importLines)),
            Route(.get, AdminPath.oneUser, "getUser", .admin(.reads, get)),
            Route(.patch, AdminPath.oneUser, "updateUser", .admin(.changes, update)),
            Route(.delete, AdminPath.oneUser, "deleteUser", .admin(.changes, delete)),
            Route(.put, AdminPath.passwordOfUser, "setUserPassword", .admin(.changes, setPassword)),
            Route(
                .post, AdminPath.disableUser, "disableUser",
                .admin(.changes) { try await setDisabled(true, $0, $1, $2) }),
            Route(
                .post, AdminPath.enableUser, "enableUser",
                .admin(.changes) { try await setDisabled(false, $0, $1, $2) }),
        ]
    }

    private func list(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let query = ListQuery(request)
        let page = try query.page()
        if let name = query.parameters["name"] {
            let found = try await find(name)
            return try .resource(PageResource(items: try await resources(found.map { [$0] } ?? []), nextCursor: nil))
        }
        let found = try await users.page(page)
        return try .resource(PageResource(items: try await resources(found.items), nextCursor: found.nextCursor))
    }

    private func resources(_ found: [User]) async throws -> [UserResource] {
        let profiles = try await users.profiles(of: found)
        return found.map { UserResource($0, profiles[$0.id]) }
    }

    private func resource(_ user: User) async throws -> UserResource {
        UserResource(user, try await users.profile(of: user))
    }

    private func find(_ text: String) async throws -> User? {
        do {
            return try await users.find(text)
        } catch let refusal as Refusal where refusal.code == .notFound {
            return nil
        }
    }

    private func create(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let body = try UserCreate.read(from: request)
        let user = try await users.create(
            name: body.name, password: Password(body.password.exposed), roles: body.roles ?? [],
            mustChange: body.mustChangePassword ?? false, profile: body.profile, actor: actor)
        var response = try Response.resource(try await resource(user), status: .created)
        response.headers[.location] = "/api/v1/admin/users/\(user.id)"
        return response
    }

    private func get(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        try .resource(try await resource(try await users.find(try context.pathParameter("user"))))
    }

    private func update(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let body = try UserUpdate.read(from: request)
        let user = try await users.update(
            try context.pathParameter("user"),
            UserChange(name: body.name, roles: body.roles, mustChangePassword: body.mustChangePassword),
            profile: body.profile, actor: actor)
        return try .resource(try await resource(user))
    }

    private func delete(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        try await users.delete(try context.pathParameter("user"), actor: actor)
        return .noContent
    }

    private func setPassword(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let body = try PasswordSet.read(from: request)
        try await users.setPassword(
            try context.pathParameter("user"), Password(body.password.exposed), mustChange: body.mustChange ?? false,
            actor: actor)
        return .noContent
    }

    private func setDisabled(
        _ disabled: Bool, _ request: Request, _ context: RequestContext, _ actor: Actor
    ) async throws -> Response {
        let user = try await users.setDisabled(try context.pathParameter("user"), disabled, actor: actor)
        return try .resource(try await resource(user))
    }
}

extension UserResource {
    init(_ user: User, _ profile: Profile?) {
        self.init(
            id: user.id.description, name: user.name, roles: user.roles, disabled: user.disabled,
            mustChangePassword: user.mustChangePassword, createdAt: user.createdAt.seconds,
            email: profile?.email?.text, emailVerified: profile?.email.map { _ in profile?.emailVerifiedAt != nil },
            displayName: profile?.displayName, locale: profile?.locale, zoneinfo: profile?.zoneinfo,
            claims: (profile?.claims?.members).map(JSONDocument.init))
    }
}

extension AdminUsers {
    /// One chunk of an import. Each line is judged separately, and a refused line does not stop the others.
    func importLines(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let body = try UserImportRequest.read(from: request)
        guard body.lines.count <= UserImportRequest.maximumLines else {
            throw Refusal(
                .invalidRequest,
                "One request takes at most \(UserImportRequest.maximumLines) lines: send the file in chunks.")
        }
        let first = body.firstLine ?? 1
        guard (1...UserImportRequest.lastLine).contains(Int64(first)) else {
            throw Refusal(.invalidRequest, "The member first_line must be a positive number.")
        }
        let lines = body.lines.enumerated().map { index, line in
            ImportLine(
                number: first + index, username: line.name, passwordHash: line.passwordHash.exposed,
                roles: line.roles ?? [], disabled: line.disabled ?? false,
                mustChange: line.mustChangePassword ?? false, profile: line.profile)
        }
        let results = try await users.importUsers(lines, dryRun: body.dryRun ?? false, actor: actor)
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
