package import LatchkeyTokens

/// An application that requests tokens: its identity, its state and its settings.
///
/// A field of ``ClientSettings`` can be read as if it were declared here: `client.audiences`.
@dynamicMemberLookup
package struct Client: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case `public`, confidential }

    package let id: ClientID
    /// Never changes.
    package let kind: Kind
    /// Whether every request of the client is refused: an administrator has disabled it, or it has a ``problem``.
    package var disabled: Bool
    package let createdAt: Timestamp
    /// Tokens with `iat` up to this second are revoked (Unix seconds).
    package var issuedBefore: Int64?
    /// Sessions created up to this instant have ended.
    package var sessionsEndedAt: Timestamp?
    private var shared: SharedClientSettings

    /// The settings made by an administrator.
    package var settings: ClientSettings {
        get { shared.settings }
        set { shared = SharedClientSettings(newValue) }
    }

    package init(
        id: ClientID, kind: Kind, settings: ClientSettings, disabled: Bool = false, createdAt: Timestamp,
        issuedBefore: Int64? = nil, sessionsEndedAt: Timestamp? = nil
    ) {
        self.init(
            id: id, kind: kind, shared: SharedClientSettings(settings), disabled: disabled, createdAt: createdAt,
            issuedBefore: issuedBefore, sessionsEndedAt: sessionsEndedAt)
    }

    /// Why this program cannot read the client's settings; nil for a readable client. An unreadable client is disabled,
    /// because its restrictions are unknown. It can be deleted.
    package var problem: String? { shared.problem }

    /// This program must not overwrite settings that a newer program wrote with the part that it understands.
    /// - Throws: `conflict` for a client with a ``problem``.
    func requireReadable() throws(Refusal) {
        guard let problem else { return }
        throw Refusal(
            .conflict,
            "This program cannot read the settings of this client (\(problem)), so the client is disabled. "
                + "Delete the client, or start the program that wrote the settings.")
    }

    /// Takes settings that are already in memory.
    package init(
        id: ClientID, kind: Kind, shared: SharedClientSettings, disabled: Bool, createdAt: Timestamp,
        issuedBefore: Int64?, sessionsEndedAt: Timestamp?
    ) {
        self.id = id
        self.kind = kind
        self.shared = shared
        self.disabled = disabled || shared.problem != nil
        self.createdAt = createdAt
        self.issuedBefore = issuedBefore
        self.sessionsEndedAt = sessionsEndedAt
    }

    package subscript<Value>(dynamicMember field: KeyPath<ClientSettings, Value>) -> Value {
        shared.settings[keyPath: field]
    }
}

/// Immutable settings, held by reference: a request passes its client on a dozen times and reads only a few of the
/// fields once.
package final class SharedClientSettings: Sendable, Equatable {
    package let settings: ClientSettings
    /// Why the stored settings cannot be read; nil when they can.
    package let problem: String?

    package init(_ settings: ClientSettings) {
        self.settings = settings
        problem = nil
    }

    /// The settings of a client whose stored settings this program cannot read: they allow nothing.
    package init(unreadable problem: String) {
        settings = ClientSettings()
        self.problem = problem
    }

    package static func == (lhs: SharedClientSettings, rhs: SharedClientSettings) -> Bool {
        lhs === rhs || (lhs.settings == rhs.settings && lhs.problem == rhs.problem)
    }
}

/// A client secret at rest: its SHA-256 (the secret is random, so a fast hash is enough), sealed with the master key.
/// So `master-key rotate` can re-seal it, and a stolen database cannot confirm a guess.
package struct SealedClientSecret: Sendable, Equatable {
    package let client: ClientID
    /// Sealed digest, see ``MasterKeyRing``; the slot is the first byte.
    package let sealed: [UInt8]
    package let createdAt: Timestamp
    /// After a rotation the old secret works until this instant; `nil` for the current one.
    package let expiresAt: Timestamp?

    package init(client: ClientID, sealed: [UInt8], createdAt: Timestamp, expiresAt: Timestamp?) {
        self.client = client
        self.sealed = sealed
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}
