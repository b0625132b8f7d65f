import Foundation

/// What `Scripts/test` installs so that software of others can sign people in here, unmodified.
enum ApplicationPackages: CaseIterable {
    /// The packages of Tests/Python/applications/requirements.txt.
    case python
    /// Apache with mod_auth_openidc and mod_oauth2.
    case apache
    case gitCredentialOAuth
    case chromium

    /// The program that shows that a package is there.
    var program: String {
        switch self {
        case .python: Language.root.appending(path: ".build/applications/bin/python").path
        case .apache: "/usr/sbin/apache2"
        case .gitCredentialOAuth: "/usr/bin/git-credential-oauth"
        case .chromium: "/usr/bin/chromedriver"
        }
    }

    /// `Scripts/test` has just installed them: there a test that finds one missing has failed.
    private static var isRequired: Bool {
        ProcessInfo.processInfo.environment["LATCHKEY_REQUIRE_APPLICATIONS"] == "1"
    }

    /// Whether a suite that needs these runs.
    static func mayRun(_ packages: Self...) -> Bool {
        isRequired || packages.allSatisfy { FileManager.default.isExecutableFile(atPath: $0.program) }
    }

    static let whereFrom = "Scripts/test installs the applications that this suite signs in with"
}
