/// What stands around each page of the account.
package struct AccountFrame: Sendable {
    /// The pages of the account, in the order of the rail.
    package enum Place: CaseIterable, Sendable {
        case sessions, applications, profile

        fileprivate var path: String {
            switch self {
            case .sessions: PagePath.sessions
            case .applications: PagePath.applications
            case .profile: PagePath.profile
            }
        }

        fileprivate var name: KeyPath<Texts, String> {
            switch self {
            case .sessions: \.account.sessionsShort
            case .applications: \.account.applications
            case .profile: \.account.profile
            }
        }
    }

    /// What the form before has done; shown once, after its 303.
    package enum Notice: Sendable, Hashable {
        case sessionEnded
        case othersEnded(Int)
        case renamed
        case removed(String)
        case saved
    }

    package var username: String
    package var notice: Notice?
    /// How many of the services that follow revocations have heard of the end so far.
    package var heard: (services: Int, of: Int)?
    package var trouble: FormTrouble?
    /// Carried by every form of the page.
    package var fields: [HiddenField]

    package init(
        username: String, notice: Notice? = nil, heard: (services: Int, of: Int)? = nil, trouble: FormTrouble? = nil,
        fields: [HiddenField]
    ) {
        self.username = username
        self.notice = notice
        self.heard = heard
        self.trouble = trouble
        self.fields = fields
    }

    func values(_ wording: Wording, at place: Place) -> Values {
        let rail = Place.allCases.map { other -> Values in
            [
                "entryLink": .link(Link(page: other.path)), "entry": .exact(wording.say(other.name)),
                "isHere": .flag(other == place),
            ]
        }
        return [
            "user": .shown(username), "rail": .list(rail), "logoutLink": .link(Link(page: PagePath.logout)),
            "notice": .exact(notice.map { text($0, wording) }), "hidden": fields.values,
        ]
    }

    private func text(_ notice: Notice, _ wording: Wording) -> String {
        let text =
            switch notice {
            case .sessionEnded: wording.say(\.account.ended)
            case .othersEnded(let count): wording.say(\.account.othersEnded, count)
            case .renamed: wording.say(\.account.renamed)
            case .removed(let name): wording.say(\.account.removed, name)
            case .saved: wording.say(\.account.saved)
            }
        guard let heard else { return text }
        return "\(text) \(wording.say(\.account.heard, heard.services, heard.of))"
    }
}
