package import LatchkeyCore
import LatchkeyHTTP

/// What the handlers of pages share.
package struct PageServices: Sendable {
    let renderer: PageRenderer
    let reader: AuthorizationReader
    let signIns: SignInService
    let accounts: AccountService
    let cookies: SignInCookies
    let origin: FormOrigin
    let settings: Settings
    let language: Language

    /// - Parameter language: for people whose browser asks for none of ours.
    package init(services: Services, renderer: PageRenderer, language: Language) {
        self.renderer = renderer
        reader = AuthorizationReader(
            directory: services.clientDirectory, hints: services.idTokenHints, settings: services.settings,
            ownPages: PagePath.returning)
        signIns = services.signIns
        accounts = services.accounts
        cookies = SignInCookies(CookieForm(issuer: services.settings.issuer))
        origin = FormOrigin(issuer: services.settings.issuer)
        settings = services.settings
        self.language = language
    }
}
