/// All templates.
package enum PageTemplate: String, Sendable, CaseIterable {
    case signIn
    case newPassword
    case accountChoice
    case consent
    case confirmApp
    case continuePage
    case signedInAlready
    case signedOut
    case logoutQuestion
    case error
    case startAgain
    case sessions
    case applications
    case profile

    /// The source: literals of ours, put together once.
    package var source: String {
        switch self {
        case .signIn: Layout.hosted(SignInPage.body)
        case .newPassword: Layout.hosted(NewPasswordPage.body)
        case .accountChoice: Layout.hosted(AccountChoicePage.body)
        case .consent: Layout.hosted(ConsentPage.body)
        case .confirmApp: Layout.hosted(ConfirmAppPage.body)
        case .continuePage: Layout.hosted(ContinuePage.body, head: ContinuePage.head, tail: ContinuePage.tail)
        case .signedInAlready: Layout.hosted(SignedInAlreadyPage.body)
        case .signedOut: Layout.hosted(SignedOutPage.body)
        case .logoutQuestion: Layout.hosted(LogoutQuestionPage.body)
        case .error: Layout.hosted(ErrorPage.body)
        case .startAgain: Layout.hosted(StartAgainPage.body)
        case .sessions: Layout.account(SessionsPage.body)
        case .applications: Layout.account(ApplicationsPage.body)
        case .profile: Layout.account(ProfilePage.body)
        }
    }
}
