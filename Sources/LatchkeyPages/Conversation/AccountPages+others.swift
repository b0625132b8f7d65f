import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens

/// `/account/applications` and its form.
extension AccountPages {
    func applications(_ visit: AccountVisit, _ trouble: FormTrouble? = nil) async throws -> Response {
        let all = try await pages.accounts.applications(of: visit.browser, network: visit.context.network)
        let profile = try await pages.accounts.profile(of: visit.browser.user.id)
        let setting = visit.setting(pages, at: PagePath.applications)
        let entries = all.map { application in
            ApplicationsPage.Entry(
                clientID: application.client.id.description,
                client: ShownClient(application.client, redirectURI: application.client.redirectURIs.first),
                since: application.consent.grantedAt, lastUsed: application.lastUsed,
                scopes: application.consent.scope.tokens.map { pages.request($0, profile, setting) })
        }
        return pages.renderer.response(
            ApplicationsPage(frame: try frame(visit, at: PagePath.applications, trouble), entries: entries),
            setting, status: trouble == nil ? .ok : .unprocessableContent)
    }

    func remove(_ visit: AccountVisit) async throws -> AccountResult {
        guard let id = visit.fields["client"].flatMap({ ClientID($0) }),
            let (client, ending) = try await pages.accounts.remove(id, of: visit.browser)
        else { throw Refusal(.notFound, "There is no such application.") }
        return .done(
            AccountNote(
                .removed, name: ShownClient(client, redirectURI: nil).name, sequence: ending.sequence))
    }
}

/// `/account/profile` and its form.
extension AccountPages {
    func profile(_ visit: AccountVisit, _ trouble: FormTrouble? = nil) async throws -> Response {
        let stored = try await pages.accounts.profile(of: visit.browser.user.id)
        let own =
            trouble == nil
            ? OwnProfile(
                displayName: stored?.displayName ?? "", locale: stored?.locale ?? "", zoneinfo: stored?.zoneinfo ?? "")
            : typed(visit)
        return try profile(visit, stored, own, trouble, status: trouble == nil ? .ok : .unprocessableContent)
    }

    func save(_ visit: AccountVisit) async throws -> AccountResult {
        let own = typed(visit)
        let refused = try await pages.accounts.change(own, of: visit.browser)
        guard !refused.isEmpty else { return .done(AccountNote(.saved)) }
        let stored = try await pages.accounts.profile(of: visit.browser.user.id)
        return .page(try profile(visit, stored, own, refused: refused, status: .unprocessableContent))
    }

    private func typed(_ visit: AccountVisit) -> OwnProfile {
        let text = { (name: String) in Self.trimmed(visit.fields[name] ?? "") }
        return OwnProfile(
            displayName: text("display_name"), locale: text("locale"), zoneinfo: text("zoneinfo"))
    }

    /// Without the spaces that come along with pasted text.
    private static func trimmed(_ text: String) -> String {
        let bytes = text.utf8.drop { $0 == UInt8(ascii: " ") }
        let end = bytes.lastIndex { $0 != UInt8(ascii: " ") }.map { bytes.index(after: $0) } ?? bytes.startIndex
        return String(decoding: bytes[bytes.startIndex..<end], as: UTF8.self)
    }

    private func profile(
        _ visit: AccountVisit, _ stored: Profile?, _ own: OwnProfile, _ trouble: FormTrouble? = nil,
        refused: [OwnProfile.Field] = [], status: HTTPResponse.Status
    ) throws -> Response {
        pages.renderer.response(
            ProfilePage(
                frame: try frame(visit, at: PagePath.profile, trouble), email: stored?.email?.text,
                isEmailVerified: stored?.emailVerifiedAt != nil, displayName: own.displayName, locale: own.locale,
                zone: own.zoneinfo, refused: refused.map(\.shown)),
            visit.setting(pages, at: PagePath.profile), status: status)
    }
}

extension OwnProfile.Field {
    fileprivate var shown: ProfilePage.Field {
        switch self {
        case .displayName: .displayName
        case .locale: .locale
        case .zoneinfo: .zone
        }
    }
}
