import Foundation

/// Which passwords may be set (NIST SP 800-63B-4 3.1.1.2): long enough, not too long, and not among those that
/// attackers try first. No composition rules. Checked when a password is set, never at login.
package struct PasswordPolicy: Sendable {
    private let minimumLength: Int
    private let productName: String
    private let blocklist: PasswordBlocklist

    /// - Parameter productName: refused as a password like the user's own name.
    package init(settings: Settings, productName: String = "Latchkey") {
        self.minimumLength = settings.password.minimumLength
        self.productName = Self.comparable(productName)
        self.blocklist = .common
    }

    /// Length counts code points of the NFC form, so a letter with its accent counts as one however it was typed.
    /// - Throws: `password_rejected` with a sentence that says what to do.
    package func check(_ password: Password, userName: UserName) throws(Refusal) {
        guard !password.isTooLong else {
            throw Self.rejected(.tooLong, "This password is longer than 1024 bytes: shorten it.")
        }
        let text = password.text
        guard text.unicodeScalars.count >= minimumLength else {
            throw Self.rejected(
                .tooShort,
                "Use at least \(minimumLength) characters; several unrelated words make a good password.")
        }
        guard !blocklist.contains(text) else {
            throw Self.rejected(
                .common, "This password is among the first that attackers try: choose another one.")
        }
        let folded = Array(Self.comparable(text).unicodeScalars)
        for name in [userName.normalised, productName] {
            guard !Self.isOnly(Array(Self.comparable(name).unicodeScalars), amongDigits: folded) else {
                throw Self.rejected(
                    .isName, "This password is the name of the user or of the product: add unrelated words.")
            }
        }
    }

    private static func rejected(_ problem: PasswordProblem, _ detail: String) -> Refusal {
        Refusal(.passwordRejected, detail, problem: problem)
    }

    /// Case and spaces do not make a name a better password.
    private static func comparable(_ text: String) -> String {
        var form = UserName.comparisonForm(of: text)
        form.unicodeScalars.removeAll { $0.properties.isWhitespace }
        return form
    }

    /// Whether `text` is `name` with nothing but digits before and after it. A name may itself end in digits.
    private static func isOnly(_ name: [Unicode.Scalar], amongDigits text: [Unicode.Scalar]) -> Bool {
        guard !name.isEmpty, name.count <= text.count else { return false }
        for start in 0...(text.count - name.count) {
            let end = start + name.count
            if text[start..<end].elementsEqual(name), text[end...].allSatisfy(isDigit) { return true }
            guard isDigit(text[start]) else { return false }
        }
        return false
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.numericType == .decimal }
}

/// Why a new password is refused, for pages that say it in their own words.
package enum PasswordProblem: Sendable, CaseIterable {
    case tooShort, tooLong, common, isName
    /// It is the current one.
    case unchanged
}
