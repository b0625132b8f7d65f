extension Texts {
    static let german = Texts(
        common: germanCommon, signIn: germanSignIn, newPassword: germanNewPassword, choice: germanChoice,
        consent: germanConsent, ending: germanEnding, error: germanErrors, account: germanAccount, time: germanTime)

    private static let germanCommon = Common(
        skip: "Zum Inhalt springen",
        languages: "Sprachen",
        errorTitle: { "Fehler: \($0)" },
        problem: "Es gibt ein Problem",
        username: "Benutzername",
        usernameOrAddress: "Benutzername oder E‑Mail-Adresse",
        password: "Passwort",
        show: "Anzeigen",
        hide: "Verbergen",
        showPassword: "Passwort anzeigen",
        hidePassword: "Passwort verbergen",
        signIn: "Anmelden",
        signOut: "Abmelden",
        cancel: "Abbrechen",
        anotherAccount: "Anderes Konto verwenden",
        continueTo: { "Weiter zu \($0)" },
        backTo: { "Zurück zu \($0)" },
        formExpired: "Diese Seite war zu lange offen. Bitte versuchen Sie es noch einmal.",
        cookiesMissing: "Ihr Browser hat unser Cookie nicht zurückgesendet. Erlauben Sie Cookies für diese Seite und "
            + "versuchen Sie es noch einmal.",
        waitSeconds: {
            count(
                $0, "Zu viele Versuche. Bitte warten Sie eine Sekunde.",
                "Zu viele Versuche. Bitte warten Sie \($0) Sekunden.")
        },
        waitMinutes: {
            count(
                $0, "Zu viele Versuche. Bitte warten Sie eine Minute.",
                "Zu viele Versuche. Bitte warten Sie \($0) Minuten.")
        },
        busy: "Gerade melden sich viele Personen an. Bitte versuchen Sie es in einigen Sekunden noch einmal.",
        save: "Speichern")

    private static let germanSignIn = SignIn(
        titleTo: { "Anmelden bei \($0)" },
        stay: "Angemeldet bleiben",
        stayHint: "Nicht auf einem Computer, den auch andere benutzen.",
        nameMissing: "Geben Sie Ihren Benutzernamen ein",
        passwordMissing: "Geben Sie Ihr Passwort ein",
        wrong: "Der Benutzername oder das Passwort stimmt nicht")

    private static let germanNewPassword = NewPassword(
        title: "Neues Passwort wählen",
        why: "Sie brauchen ein neues Passwort, bevor es weitergeht.",
        label: "Neues Passwort",
        rule: { count($0, "Verwenden Sie mindestens ein Zeichen.", "Verwenden Sie mindestens \($0) Zeichen.") },
        advice:
            "Gut sind einige Wörter, die nichts miteinander zu tun haben. Ziffern und Sonderzeichen sind nicht nötig.",
        submit: "Speichern und weiter",
        missing: "Geben Sie ein neues Passwort ein",
        tooShort: {
            count(
                $0, "Das Passwort muss mindestens ein Zeichen haben",
                "Das Passwort muss mindestens \($0) Zeichen haben")
        },
        tooLong: "Das Passwort ist zu lang: Verwenden Sie weniger Zeichen",
        common: "Dieses Passwort probieren Angreifer zuerst: Wählen Sie ein anderes",
        isName: "Dieses Passwort ist nur ein Name: Fügen Sie weitere Wörter hinzu",
        same: "Das ist Ihr bisheriges Passwort: Wählen Sie ein anderes")

    private static let germanChoice = Choice(
        titleFor: { "Welches Konto für \($0)?" },
        why: "In diesem Browser sind Sie schon angemeldet.",
        continueAs: { "Weiter als \($0)" })

    private static let germanConsent = Consent(
        title: { "\($0) erlauben?" },
        foreign: "Stammt von jemand anderem",
        asks: "Wenn Sie es erlauben, bekommt die Anwendung:",
        registered: { "Die Anwendung ist hier seit dem \($0) eingetragen." },
        takeBack: "Sie können das jederzeit in Ihrem Konto unter „Anwendungen“ zurücknehmen.",
        policy: "Datenschutzerklärung der Anwendung",
        terms: "Nutzungsbedingungen der Anwendung",
        allow: "Erlauben",
        signedInAs: { "Angemeldet als \($0)." },
        notYou: "Das sind nicht Sie?",
        openWhy: "Ein Programm auf diesem Gerät möchte Sie anmelden. Fahren Sie nur fort, wenn Sie es gerade gestartet "
            + "haben.",
        scopeOpenID: { "Wer Sie hier sind: \($0)" },
        scopeProfile: "Ihren Namen und Ihr übriges Profil",
        scopeProfileOf: { "Ihren Namen, \($0), und Ihr übriges Profil" },
        scopeEmail: "Ihre E-Mail-Adresse",
        scopeEmailOf: { "Ihre E-Mail-Adresse, \($0)" },
        scopeAddress: "Ihre Postanschrift",
        scopePhone: "Ihre Telefonnummer",
        scopeOffline: "Zugriff auch in Ihrer Abwesenheit, bis Sie ihn entfernen",
        scopeAccount: "Ihr Konto hier: Sitzungen sehen und beenden, Passwort ändern, Konto löschen",
        scopeAdmin: "Die Verwaltung dieses Servers: alle Konten und alle Anwendungen",
        scopeOther: { "Die Berechtigung „\($0)“" })

    private static let germanEnding = Ending(
        goingTo: { "Weiter zu \($0)" },
        wait: "Die nächste Seite öffnet sich von selbst. Wenn nicht, geht es hier weiter.",
        openApp: "Öffnen Sie die App, um fortzufahren.",
        signedIn: "Sie sind angemeldet",
        signedInWhy: "Dieses Formular wurde schon gesendet und ist erledigt.",
        signedInTo: { "Sie können in \($0) weitermachen." },
        signedOut: "Sie sind abgemeldet",
        signedOutWhy: { "Sie sind in diesem Browser von \($0) abgemeldet." },
        signInAgain: "Wieder anmelden",
        logoutTitle: "Abmelden?",
        logoutWhy: {
            "Sie sind in diesem Browser als \($0) angemeldet. Mit der Abmeldung enden auch die Sitzungen der "
                + "Anwendungen, die diese Anmeldung benutzen."
        },
        logoutFor: { "\($0) möchte Sie abmelden." },
        stay: "Angemeldet bleiben",
        startTitle: "Bitte beginnen Sie noch einmal",
        startDirect: "Diese Seite ist ein Schritt einer Anmeldung und lässt sich nicht einzeln öffnen.",
        startOld: "Diese Anmeldung hat zu lange gedauert. Es ist nicht mehr bekannt, wofür sie war.")

    private static let germanErrors = ErrorTexts(
        tellAdministrator: "Wenn das wieder vorkommt, nennen Sie Ihrer Administration diese Nummer:",
        requestTitle: "Dieser Link funktioniert nicht",
        requestWrong: "Die Anwendung, von der Sie kommen, hat etwas verlangt, das nicht möglich ist.",
        requestTooLarge: "Die Anwendung, von der Sie kommen, hat mehr gesendet, als diese Seite annimmt.",
        clientUnknown: "Die Anwendung, von der Sie kommen, ist hier nicht bekannt.",
        redirectWrong:
            "Die Anwendung, von der Sie kommen, möchte die Antwort an einer Adresse, die für sie nicht eingetragen ist. "
            + "Zu Ihrer Sicherheit wurde nichts gesendet.",
        notAllowed: "Die Anwendung, von der Sie kommen, darf auf diese Weise niemanden anmelden.",
        foreignForm:
            "Dieses Formular kam nicht von dieser Seite, deshalb ist nichts geschehen. Bitte beginnen Sie noch "
            + "einmal.",
        notFoundTitle: "Seite nicht gefunden",
        notFound: "Unter dieser Adresse gibt es keine Seite.",
        method: "Diese Seite lässt sich so nicht benutzen.",
        tooManyTitle: "Zu viele Versuche",
        busyTitle: "Bitte versuchen Sie es gleich noch einmal",
        faultTitle: "Etwas ist schiefgegangen",
        fault: "Das liegt an uns und nicht an Ihnen. Bitte versuchen Sie es gleich noch einmal.")

    private static let germanAccount = Account(
        navigation: "Konto",
        signedInAs: "Angemeldet als",
        sessions: "Wo Sie angemeldet sind",
        sessionsShort: "Sitzungen",
        sessionsWhy: "Wenn Sie eine Sitzung beenden, erfährt es jede Anwendung, die sie benutzt, in wenigen Sekunden.",
        applications: "Anwendungen",
        applicationsWhy: "Diese Anwendungen dürfen Ihr Konto benutzen, weil Sie es erlaubt haben.",
        profile: "Profil",
        thisBrowser: "dieser Browser",
        onSystem: { "\($0) unter \($1)" },
        unknownBrowser: "Unbekannter Browser",
        noApplications: "Keine Anwendung",
        usedFor: "Benutzt für",
        network: "Netzadresse",
        begun: "Angemeldet",
        lastActive: "Zuletzt aktiv",
        activeNow: "jetzt",
        method: "Angemeldet mit",
        ends: "Endet spätestens",
        sessionID: "Sitzung",
        rawName: "Browser",
        details: "Einzelheiten",
        endOne: { "\($0) abmelden" },
        endOthers: "Überall sonst abmelden",
        endOthersWhy: "Beendet alle Sitzungen außer dieser.",
        onlyThis: "Sie sind nirgendwo sonst angemeldet.",
        rename: "Umbenennen",
        renameOne: { "\($0) umbenennen" },
        newName: "Neuer Name",
        nameWrong: {
            count(
                $0, "Der Name darf höchstens ein Zeichen haben",
                "Der Name darf höchstens \($0) Zeichen haben, und nur sichtbare")
        },
        next: "Nächste Seite",
        since: "Erlaubt seit",
        lastUsed: "Zuletzt benutzt",
        mayDo: "Sie bekommt:",
        nothingAsked: "Sie erfährt nur, wer Sie sind.",
        remove: { "\($0) entfernen" },
        removeWhy: "Wenn Sie eine Anwendung entfernen, enden ihre Sitzungen. Sie muss Sie dann neu fragen.",
        noneYet: "Noch hat keine Anwendung Sie gefragt.",
        fixedByAdministrator: "Diese Angaben kann nur Ihre Administration ändern.",
        email: "E-Mail-Adresse",
        emailVerified: "bestätigt",
        emailUnverified: "nicht bestätigt",
        notGiven: "keine",
        displayName: "Name",
        displayNameHint: "Diesen Namen sehen Anwendungen und andere Personen.",
        locale: "Sprache",
        localeHint: "Ein Sprachkürzel, zum Beispiel en oder de-AT.",
        zone: "Zeitzone",
        zoneHint: "Ein Name wie Europe/Vienna.",
        displayNameWrong: "Der Name ist zu lang oder hat Zeichen, die sich nicht anzeigen lassen",
        localeWrong: "Das ist kein Sprachkürzel: Schreiben Sie zum Beispiel en oder de-AT",
        zoneWrong: "Das ist keine Zeitzone: Schreiben Sie zum Beispiel Europe/Vienna",
        ended: "Die Sitzung ist beendet.",
        othersEnded: { count($0, "Eine andere Sitzung ist beendet.", "\($0) andere Sitzungen sind beendet.") },
        heard: { heard, all in
            count(all, "\(heard) von einem Dienst weiß es schon.", "\(heard) von \(all) Diensten wissen es schon.")
        },
        renamed: "Die Sitzung hat ihren neuen Namen.",
        removed: { "\($0) ist entfernt, und die Sitzungen der Anwendung sind beendet." },
        saved: "Ihr Profil ist gespeichert.",
        methodPassword: "Passwort",
        methodCode: "Code",
        methodPasskey: "Passkey",
        methodRecovery: "Wiederherstellungscode")

    private static let germanTime = Time(
        months: [
            "Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez.",
        ],
        date: { day, month, year in "\(day). \(month) \(year)" },
        instant: { day, month, year, clock in "\(day). \(month) \(year), \(clock) UTC" })
}
