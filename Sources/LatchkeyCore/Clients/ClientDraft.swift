package import LatchkeyTokens

/// A client to register.
package struct ClientDraft: Sendable {
    package var id: ClientID
    package var kind: Client.Kind
    /// Initially the defaults of the kind.
    package var settings: ClientSettings
    /// An imported secret; `nil` to create one for a confidential client.
    package var secret: ClientSecret?

    package init(id: ClientID, kind: Client.Kind) {
        self.id = id
        self.kind = kind
        settings = ClientSettings(defaultsFor: kind)
    }

    /// The client as it would be stored.
    /// - Throws: `invalid_request` with what to change.
    func validated(settings issuer: Settings, at now: Timestamp) throws(Refusal) -> Client {
        guard !id.isReserved else { throw Refusal(.invalidRequest, ClientID.reservedSentence) }
        if let secret {
            guard kind == .confidential else {
                throw Refusal(
                    .invalidRequest, "A public client has no secret: leave it out or make the client confidential.")
            }
            guard secret.isImportable else {
                throw Refusal(
                    .invalidRequest,
                    "A client secret has 16 to 256 random ASCII characters: leave it out to get a good one.")
            }
        }
        return try ClientRules(settings: issuer).validated(
            Client(id: id, kind: kind, settings: settings, createdAt: now))
    }
}
