import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/api/v1/admin/keys` and `/api/v1/admin/master-key`: signing keys with their timeline, and the master key.
struct AdminKeys: Sendable {
    let keys: KeyRotationService
    let masterKeys: MasterKeyService
    let settings: Settings.Keys

    var routes: [Route] {
        [
            Route(.get, AdminPath.keys, "listKeys", .admin(.reads, list)),
            Route(.post, AdminPath.keysRotate, "rotateKeys", .admin(.changes, rotate)),
            Route(.post, AdminPath.keysImport, "importKey", .admin(.changes, importKey)),
            Route(.post, AdminPath.masterKeyRotate, "rotateMasterKey", .admin(.changes, rotateMasterKey)),
        ]
    }

    /// Few enough for one page; `?all=true` also lists keys that are gone.
    private func list(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let query = ListQuery(request)
        _ = try query.page()
        let all = try query.value("all", of: Choice.self) == .yes
        return try .resource(try await page(includingGone: all))
    }

    private enum Choice: String, CaseIterable {
        case yes = "true"
        case no = "false"
    }

    private func rotate(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let body = try KeyRotate.read(from: request, mayBeEmpty: true)
        if body.emergency ?? false {
            guard body.algorithm == nil else {
                throw Refusal(
                    .invalidRequest, "An emergency rotation covers every algorithm, or one kid with only.")
            }
            try await keys.emergency(only: try body.only.map(Self.keyID), actor: actor)
        } else {
            guard body.only == nil else {
                throw Refusal(.invalidRequest, "The member `only` needs emergency.")
            }
            try await keys.rotate(algorithm: try body.algorithm.map(Self.algorithm), actor: actor)
        }
        return try .resource(try await page(includingGone: false))
    }

    private func importKey(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let body = try KeyImport.read(from: request)
        let id = try await keys.importPEM(
            body.pem.exposed, algorithm: try body.algorithm.map(Self.algorithm), actor: actor)
        guard let key = try await keys.list(includingGone: false).first(where: { $0.id == id }) else {
            throw Refusal(.conflict, "The key was imported and withdrawn at the same moment. List the keys.")
        }
        return try .resource(resource(key), status: .created)
    }

    private func rotateMasterKey(
        _ request: Request, _ context: RequestContext, _ actor: Actor
    ) async throws -> Response {
        let body = try MasterKeyRotate.read(from: request, mayBeEmpty: true)
        let rotation = try await masterKeys.rotate(leaked: body.leaked ?? false, actor: actor)
        return try .resource(
            MasterKeyRotated(
                currentSlot: Int(rotation.currentSlot), olderSlots: rotation.olderSlots.map(Int.init),
                resealedKeys: rotation.resealedKeys, resealedSecrets: rotation.resealedSecrets))
    }

    private func page(includingGone: Bool) async throws -> PageResource<KeyResource> {
        PageResource(
            items: try await keys.list(includingGone: includingGone).map(resource), nextCursor: nil)
    }

    private func resource(_ key: SigningKeyRecord) -> KeyResource {
        KeyResource(key, settings: settings)
    }

    /// A `kid` that a request names.
    static func keyID(_ text: String) throws(Refusal) -> KeyID {
        guard let id = KeyID(text) else { throw Refusal(.notFound, "There is no signing key with this kid.") }
        return id
    }

    /// An algorithm that a request names.
    static func algorithm(_ text: String) throws(Refusal) -> JWSAlgorithm {
        guard let algorithm = JWSAlgorithm(name: text) else {
            let known = JWSAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalidRequest, "The member algorithm must be one of: \(known).")
        }
        return algorithm
    }
}

extension KeyResource {
    init(_ key: SigningKeyRecord, settings: Settings.Keys) {
        let maySignAt = key.state == .announced ? key.announcedAt + settings.announcePeriod : nil
        let retiresAt = key.state == .active ? (key.activatedAt ?? key.announcedAt) + settings.rotationPeriod : nil
        self.init(
            kid: key.id.description, algorithm: key.algorithm.rawValue, state: key.state.rawValue,
            withdrawn: key.withdrawn, announcedAt: key.announcedAt.seconds, activatedAt: key.activatedAt?.seconds,
            retiredAt: key.retiredAt?.seconds, goneAt: key.goneAt?.seconds, maySignAt: maySignAt?.seconds,
            retiresAt: retiresAt?.seconds)
    }
}
