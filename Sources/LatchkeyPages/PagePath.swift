/// The paths of the pages that people see and of the files that pages use, absolute.
package enum PagePath {
    package static let authorize = "/oauth2/authorize"
    package static let logout = "/oauth2/logout"
    package static let password = "/signin/password"
    package static let newPassword = "/signin/new-password"
    package static let account = "/signin/account"
    package static let consent = "/signin/consent"
    /// Where the click of ``ConfirmAppPage`` goes.
    package static let confirm = "/signin/continue"

    package static let ownAccount = "/account"
    package static let sessions = "/account/sessions"
    package static let endSession = sessions + "/end"
    package static let endOtherSessions = sessions + "/end-others"
    package static let renameSession = sessions + "/rename"
    package static let applications = "/account/applications"
    package static let removeApplication = applications + "/remove"
    package static let profile = "/account/profile"
    /// Those that may ask for a sign-in, and get the browser back.
    package static let returning = [sessions, applications, profile]

    package static let styleSheet = "/pages/latchkey.css"
    package static let script = "/pages/pages.js"
    package static let logo = "/pages/logo"
}
