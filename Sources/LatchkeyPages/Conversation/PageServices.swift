package import LatchkeyCore
import LatchkeyHTTP

/// What the handlers of pages share.
package struct PageServices: Sendable {
    let renderer: PageRenderer
    let reader: AuthorizationReader
    let signIns: SignInService
    let logoutReader: LogoutReader
    let logouts: LogoutService
    let cookies: SignInCookies
    let origin: FormOrigin
    let settings: Settings
    let language: Language

    /// - Parameter language: for people whose browser asks for none of ours.
    package init(services: Services, renderer: PageRenderer, language: Language) {
        self.renderer = renderer
        reader = AuthorizationReader(
            directory: services.clientDirectory, hints: services.idTokenHints, settings: services.settings)
        signIns = services.signIns
        logoutReader = LogoutReader(directory: services.clientDirectory, hints: services.idTokenHints)
        logouts = LogoutService(
            store: services.store, masterKeys: services.masterKeyRing, signIns: services.signIns,
            clock: services.clock)
        cookies = SignInCookies(CookieForm(issuer: services.settings.issuer))
        origin = FormOrigin(issuer: services.settings.issuer)
        settings = services.settings
        self.language = language
    }

    /// A scope with the operator's words for it.
    func request(_ scope: String, _ setting: PageSetting) -> ConsentPage.Request {
        ConsentPage.Request(
            scope, sentence: settings.sentences.sentence(for: scope, in: setting.wording.language.rawValue))
    }
}
