package import LatchkeyTokens

/// Ids that no application may have: the server's own clients, such as its sign-in pages, will be called so.
extension ClientID {
    /// `latchkey`, and all that begins with `latchkey-`, in any letter case.
    package var isReserved: Bool {
        let text = description.asciiLowercased
        return text.equalsBytes(of: "latchkey") || text.beginsWithBytes(of: "latchkey-")
    }

    /// What somebody is told who asks for one.
    static let reservedSentence =
        "Client ids that are latchkey or begin with latchkey- are for the server itself: choose another id."

    /// What an operator is told about a client that has had such an id since before they were reserved.
    package var clashSentence: String {
        "The client \(self) has an id that is reserved for the server itself, in this or a later release: register the "
            + "application under another id, configure it with that one, then delete \(self)."
    }
}
