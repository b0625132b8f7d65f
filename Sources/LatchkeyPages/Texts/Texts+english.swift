extension Texts {
    static let english = Texts(
        common: englishCommon, signIn: englishSignIn, newPassword: englishNewPassword, choice: englishChoice,
        consent: englishConsent, ending: englishEnding, error: englishErrors, account: englishAccount,
        time: englishTime)

    private static let englishCommon = Common(
        skip: "Skip to content",
        languages: "Languages",
        errorTitle: { "Error: \($0)" },
        problem: "There is a problem",
        username: "User name",
        usernameOrAddress: "User name or e-mail address",
        password: "Password",
        show: "Show",
        hide: "Hide",
        showPassword: "Show password",
        hidePassword: "Hide password",
        signIn: "Sign in",
        signOut: "Sign out",
        cancel: "Cancel",
        anotherAccount: "Use another account",
        continueTo: { "Continue to \($0)" },
        backTo: { "Back to \($0)" },
        formExpired: "This page was open for too long. Please try again.",
        cookiesMissing: "Your browser did not send our cookie back. Allow cookies for this site, then try again.",
        waitSeconds: {
            count(
                $0, "Too many attempts. Wait one second, then try again.",
                "Too many attempts. Wait \($0) seconds, then try again.")
        },
        waitMinutes: {
            count(
                $0, "Too many attempts. Wait one minute, then try again.",
                "Too many attempts. Wait \($0) minutes, then try again.")
        },
        busy: "Many people are signing in right now. Wait a few seconds, then try again.",
        save: "Save")

    private static let englishSignIn = SignIn(
        titleTo: { "Sign in to \($0)" },
        stay: "Stay signed in",
        stayHint: "Not on a computer that you share.",
        nameMissing: "Enter your user name",
        passwordMissing: "Enter your password",
        wrong: "The user name or the password is not right")

    private static let englishNewPassword = NewPassword(
        title: "Choose a new password",
        why: "You need a new password before you can continue.",
        label: "New password",
        rule: { count($0, "Use at least one character.", "Use at least \($0) characters.") },
        advice: "A few unrelated words make a good password. There is no need for digits or signs.",
        submit: "Save and continue",
        missing: "Enter a new password",
        tooShort: {
            count(
                $0, "The password must have at least one character",
                "The password must have at least \($0) characters")
        },
        tooLong: "The password is too long: use fewer characters",
        common: "This password is among the first that attackers try: choose another one",
        isName: "This password is only a name: add unrelated words",
        same: "This is your current password: choose another one")

    private static let englishChoice = Choice(
        titleFor: { "Which account for \($0)?" },
        why: "You are already signed in on this browser.",
        continueAs: { "Continue as \($0)" })

    private static let englishConsent = Consent(
        title: { "Allow \($0)?" },
        foreign: "Made by somebody else",
        asks: "If you allow it, the application gets:",
        registered: { "The application has been registered here since \($0)." },
        takeBack: "You can take this back at any time in your account, under Applications.",
        policy: "Privacy policy of the application",
        terms: "Terms of use of the application",
        allow: "Allow",
        signedInAs: { "Signed in as \($0)." },
        notYou: "Not you?",
        openWhy: "A program on this device asks to sign you in. Continue only if you have just started it.",
        scopeOpenID: { "Who you are here: \($0)" },
        scopeProfile: "Your name and the rest of your profile",
        scopeProfileOf: { "Your name, \($0), and the rest of your profile" },
        scopeEmail: "Your e-mail address",
        scopeEmailOf: { "Your e-mail address, \($0)" },
        scopeAddress: "Your postal address",
        scopePhone: "Your telephone number",
        scopeOffline: "Access while you are away, until you remove it",
        scopeAccount: "Your account here: it may see and end your sessions, change your password, delete the account",
        scopeAdmin: "The administration of this server: all users and all applications",
        scopeOther: { "The permission “\($0)”" })

    private static let englishEnding = Ending(
        goingTo: { "Continue to \($0)" },
        wait: "The next page opens by itself. If it does not, go on here.",
        openApp: "Open the app to continue.",
        signedIn: "You are signed in",
        signedInWhy: "This form was already sent and has done its work.",
        signedInTo: { "You can go on in \($0)." },
        signedOut: "You are signed out",
        signedOutWhy: { "You are signed out of \($0) on this browser." },
        signInAgain: "Sign in again",
        logoutTitle: "Sign out?",
        logoutWhy: {
            "You are signed in as \($0) on this browser. The sessions of applications that use this sign-in end with it."
        },
        logoutFor: { "\($0) asks to sign you out." },
        stay: "Stay signed in",
        startTitle: "Please start again",
        startDirect: "This page is one step of a sign-in and cannot be opened by itself.",
        startOld: "This sign-in has taken too long, and it is no longer known what it was for.")

    private static let englishErrors = ErrorTexts(
        tellAdministrator: "If this happens again, tell your administrator this number:",
        requestTitle: "This link does not work",
        requestWrong: "The application that sent you here asked for something that is not possible.",
        requestTooLarge: "The application that sent you here sent more than this page can take.",
        clientUnknown: "The application that sent you here is not known here.",
        redirectWrong:
            "The application that sent you here wants the answer at an address that is not registered for it. "
            + "For your safety nothing was sent.",
        notAllowed: "The application that sent you here may not sign people in this way.",
        foreignForm: "This form did not come from this site, so nothing was done. Please start again.",
        notFoundTitle: "Page not found",
        notFound: "There is no page at this address.",
        method: "This page cannot be used in this way.",
        tooManyTitle: "Too many attempts",
        busyTitle: "Please try again in a moment",
        faultTitle: "Something went wrong",
        fault: "This is our fault and not yours. Please try again in a moment.")

    private static let englishAccount = Account(
        navigation: "Account",
        signedInAs: "Signed in as",
        sessions: "Where you are signed in",
        sessionsShort: "Sessions",
        sessionsWhy: "If you end a session, every application that uses it hears of it within seconds.",
        applications: "Applications",
        applicationsWhy: "These applications may use your account, because you have allowed it.",
        profile: "Profile",
        thisBrowser: "this browser",
        onSystem: { "\($0) on \($1)" },
        unknownBrowser: "Unknown browser",
        noApplications: "No application",
        usedFor: "Used for",
        network: "Network address",
        begun: "Signed in",
        lastActive: "Last active",
        activeNow: "now",
        method: "Signed in with",
        ends: "Ends at the latest",
        sessionID: "Session",
        rawName: "Browser",
        details: "Details",
        endOne: { "Sign out \($0)" },
        endOthers: "Sign out everywhere else",
        endOthersWhy: "Ends every session but this one.",
        onlyThis: "You are signed in nowhere else.",
        rename: "Rename",
        renameOne: { "Rename \($0)" },
        newName: "New name",
        nameWrong: {
            count(
                $0, "The name can have one character at most",
                "The name can have \($0) characters at most, all of them visible")
        },
        next: "Next page",
        since: "Allowed since",
        lastUsed: "Last used",
        mayDo: "It gets:",
        nothingAsked: "It only learns who you are.",
        remove: { "Remove \($0)" },
        removeWhy: "Removing an application ends its sessions. It has to ask you again.",
        noneYet: "No application has asked you yet.",
        fixedByAdministrator: "Only your administrator can change these.",
        email: "E-mail address",
        emailVerified: "confirmed",
        emailUnverified: "not confirmed",
        notGiven: "none",
        displayName: "Name",
        displayNameHint: "Applications and other people see this name.",
        locale: "Language",
        localeHint: "A language tag, for example en or de-AT.",
        zone: "Time zone",
        zoneHint: "A name such as Europe/Vienna.",
        displayNameWrong: "The name is too long, or has characters that cannot be shown",
        localeWrong: "This is no language tag: write for example en or de-AT",
        zoneWrong: "This is no time zone: write for example Europe/Vienna",
        ended: "The session has ended.",
        othersEnded: { count($0, "One other session has ended.", "\($0) other sessions have ended.") },
        heard: { heard, all in
            count(all, "\(heard) of one service knows by now.", "\(heard) of \(all) services know by now.")
        },
        renamed: "The session has its new name.",
        removed: { "\($0) was removed, and its sessions have ended." },
        saved: "Your profile is saved.",
        methodPassword: "password",
        methodCode: "code",
        methodPasskey: "passkey",
        methodRecovery: "recovery code")

    private static let englishTime = Time(
        months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        date: { day, month, year in "\(day) \(month) \(year)" },
        instant: { day, month, year, clock in "\(day) \(month) \(year), \(clock) UTC" })
}
