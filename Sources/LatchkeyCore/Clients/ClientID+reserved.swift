package import LatchkeyTokens

/// Ids that no application may have: they are for the server's own clients, such as its sign-in pages.
extension ClientID {
    /// The client that browser sessions belong to: the server's own pages.
    package static let signInPages = builtIn("latchkey")

    private static func builtIn(_ text: String) -> ClientID {
        guard let id = ClientID(text) else { preconditionFailure("the id of a client of ours has no client id's form") }
        return id
    }

    /// `latchkey`, and every id that begins with `latchkey-`, in any letter case.
    package var isReserved: Bool {
        let text = description.asciiLowercased
        return text.equalsBytes(of: "latchkey") || text.beginsWithBytes(of: "latchkey-")
    }

    /// The refusal of a reserved id.
    static let reservedSentence =
        "The client id latchkey and ids that begin with latchkey- are reserved for the server: choose another id."

    /// The warning to an operator about a client that got such an id before they were reserved.
    package var clashSentence: String {
        "The client \(self) has an id that is reserved for the server itself, in this or a later release: register the "
            + "application under another id, configure it with that one, then delete \(self)."
    }
}
