import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens

/// `/account/sessions` and its forms.
extension AccountPages {
    private static let perPage = 50

    func sessions(
        _ visit: AccountVisit, _ trouble: FormTrouble? = nil, refused: SessionsPage.RefusedName? = nil
    ) async throws -> Response {
        let all = try await pages.accounts.places(of: visit.browser, network: visit.context.network)
        // The session of this browser stands on each page.
        let after = visit.fields["after"].flatMap { SessionID($0) }
        let others = all.filter { place in
            !place.isAsking && after.map { place.session.id < $0 } ?? true
        }
        let shown = all.filter(\.isAsking) + others.prefix(Self.perPage)
        let next = others.count > Self.perPage ? others[Self.perPage - 1].session.id : nil
        let page = SessionsPage(
            frame: try frame(visit, at: PagePath.sessions, trouble), entries: shown.map { entry($0) },
            longestName: DeviceName.longest, refusedName: refused,
            nextQuery: next.map { "after=\($0)" })
        return pages.renderer.response(
            page, visit.setting(pages, at: PagePath.sessions),
            status: trouble == nil && refused == nil ? .ok : .unprocessableContent)
    }

    private func entry(_ place: SignedInPlace) -> SessionsPage.Entry {
        SessionsPage.Entry(
            id: place.session.id.description, isThisBrowser: place.isAsking, givenName: place.session.deviceName,
            applications: place.clients.map { ShownClient($0, redirectURI: nil).name },
            network: place.network, begun: place.session.createdAt, lastActive: place.lastActive,
            ends: place.endsAt,
            methods: place.session.authenticationMethods.compactMap { SessionsPage.Method(method: $0) })
    }

    func end(_ visit: AccountVisit) async throws -> AccountResult {
        let ending = try await pages.accounts.end(try session(visit), of: visit.browser)
        return .done(AccountNote(.ended, sequence: ending.sequence))
    }

    func endOthers(_ visit: AccountVisit) async throws -> AccountResult {
        let ending = try await pages.accounts.endOthers(of: visit.browser)
        return .done(AccountNote(.others, count: ending.count, sequence: ending.sequence))
    }

    func rename(_ visit: AccountVisit) async throws -> AccountResult {
        let id = try session(visit)
        let typed = visit.fields["name"]
        if let typed, (try? DeviceName.judged(typed)) == nil {
            return .page(try await sessions(visit, refused: .init(id: id.description, text: typed)))
        }
        guard try await pages.accounts.rename(id, of: visit.browser, to: typed) else {
            throw Refusal(.notFound, "You have no live session with this id.")
        }
        return .done(AccountNote(.renamed))
    }

    private func session(_ visit: AccountVisit) throws(Refusal) -> SessionID {
        guard let id = visit.fields["sid"].flatMap({ SessionID($0) }) else {
            throw Refusal(.notFound, "You have no session with this id.")
        }
        return id
    }
}

extension SessionsPage.Method {
    /// From a name of RFC 8176; nil for those that people need no word for.
    init?(method: String) {
        switch method {
        case "pwd": self = .password
        case "otp": self = .code
        default: return nil
        }
    }
}
