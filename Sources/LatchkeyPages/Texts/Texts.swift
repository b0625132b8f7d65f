/// All words of the pages in one language. Each language gives every member, or nothing compiles.
///
/// A member is a whole sentence or a whole label: nothing is glued together, because other languages have another
/// order. Counts are functions, because other languages have other plurals.
struct Texts: Sendable {
    let common: Common
    let signIn: SignIn
    let newPassword: NewPassword
    let choice: Choice
    let consent: Consent
    let ending: Ending
    let error: ErrorTexts
    let account: Account
    let time: Time

    typealias WithName = @Sendable (String) -> String
    typealias WithNames = @Sendable (String, String) -> String
    typealias WithCount = @Sendable (Int) -> String
    typealias WithCounts = @Sendable (Int, Int) -> String

    struct Common: Sendable {
        let skip: String
        let languages: String
        /// The window's title of a page with a complaint.
        let errorTitle: WithName
        let problem: String
        let username: String
        let usernameOrAddress: String
        let password: String
        let show: String
        let hide: String
        let showPassword: String
        let hidePassword: String
        let signIn: String
        let signOut: String
        let cancel: String
        let anotherAccount: String
        let continueTo: WithName
        let backTo: WithName
        let formExpired: String
        let cookiesMissing: String
        let waitSeconds: WithCount
        let waitMinutes: WithCount
        let busy: String
        let save: String
    }

    struct SignIn: Sendable {
        let titleTo: WithName
        let stay: String
        let stayHint: String
        let nameMissing: String
        let passwordMissing: String
        let wrong: String
    }

    struct NewPassword: Sendable {
        let title: String
        let why: String
        let label: String
        let rule: WithCount
        let advice: String
        let submit: String
        let missing: String
        let tooShort: WithCount
        let tooLong: String
        let common: String
        let isName: String
        let same: String
    }

    struct Choice: Sendable {
        let titleFor: WithName
        let why: String
        let continueAs: WithName
    }

    struct Consent: Sendable {
        let title: WithName
        let foreign: String
        let asks: String
        let registered: WithName
        let takeBack: String
        let policy: String
        let terms: String
        let allow: String
        let signedInAs: WithName
        let notYou: String
        let openWhy: String
        let scopeOpenID: WithName
        let scopeProfile: String
        let scopeProfileOf: WithName
        let scopeEmail: String
        let scopeEmailOf: WithName
        let scopeAddress: String
        let scopePhone: String
        let scopeOffline: String
        let scopeAccount: String
        let scopeAdmin: String
        let scopeOther: WithName
    }

    struct Ending: Sendable {
        let goingTo: WithName
        let wait: String
        let openApp: String
        let signedIn: String
        let signedInWhy: String
        let signedInTo: WithName
        let signedOut: String
        let signedOutWhy: WithName
        let signInAgain: String
        let logoutTitle: String
        let logoutWhy: WithName
        let logoutFor: WithName
        let stay: String
        let startTitle: String
        let startDirect: String
        let startOld: String
    }

    struct ErrorTexts: Sendable {
        let tellAdministrator: String
        let requestTitle: String
        let requestWrong: String
        let requestTooLarge: String
        let clientUnknown: String
        let redirectWrong: String
        let notAllowed: String
        let foreignForm: String
        let notFoundTitle: String
        let notFound: String
        let method: String
        let tooManyTitle: String
        let busyTitle: String
        let faultTitle: String
        let fault: String
    }

    struct Account: Sendable {
        let navigation: String
        let signedInAs: String
        let sessions: String
        /// The same for the rail.
        let sessionsShort: String
        let sessionsWhy: String
        let applications: String
        let applicationsWhy: String
        let profile: String
        let thisBrowser: String
        let onSystem: WithNames
        let unknownBrowser: String
        let noApplications: String
        let usedFor: String
        let network: String
        let begun: String
        let lastActive: String
        let activeNow: String
        let method: String
        let ends: String
        let sessionID: String
        let rawName: String
        let details: String
        let endOne: WithName
        let endOthers: String
        let endOthersWhy: String
        let onlyThis: String
        let rename: String
        let renameOne: WithName
        let newName: String
        let nameWrong: WithCount
        let next: String
        let since: String
        let lastUsed: String
        let mayDo: String
        let nothingAsked: String
        let remove: WithName
        let removeWhy: String
        let noneYet: String
        let fixedByAdministrator: String
        let email: String
        let emailVerified: String
        let emailUnverified: String
        let notGiven: String
        let displayName: String
        let displayNameHint: String
        let locale: String
        let localeHint: String
        let zone: String
        let zoneHint: String
        let displayNameWrong: String
        let localeWrong: String
        let zoneWrong: String
        let ended: String
        let othersEnded: WithCount
        let heard: WithCounts
        let renamed: String
        let removed: WithName
        let saved: String
        let methodPassword: String
        let methodCode: String
        let methodPasskey: String
        let methodRecovery: String
    }

    struct Time: Sendable {
        /// January to December, as they stand in a date.
        let months: [String]
        let date: @Sendable (_ day: Int, _ month: String, _ year: String) -> String
        let instant: @Sendable (_ day: Int, _ month: String, _ year: String, _ clock: String) -> String
    }

    static func of(_ language: Language) -> Texts {
        switch language {
        case .english: english
        case .german: german
        }
    }

    /// One word for one, another for every other number: English and German.
    static func count(_ count: Int, _ one: String, _ other: String) -> String { count == 1 ? one : other }
}
