package import LatchkeyTokens

/// An application that asks for tokens: who it is, its state, and what is set for it.
///
/// A field of ``ClientSettings`` is read as if it stood here: `client.audiences`.
@dynamicMemberLookup
package struct Client: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case `public`, confidential }

    package let id: ClientID
    /// Never changes.
    package let kind: Kind
    /// Whether it is refused everything: an administrator has disabled it, or its ``problem`` does.
    package var disabled: Bool
    package let createdAt: Timestamp
    /// Tokens with `iat` up to this second are revoked (Unix seconds).
    package var issuedBefore: Int64?
    /// Sessions created up to this instant have ended.
    package var sessionsEndedAt: Timestamp?
    private var shared: SharedClientSettings

    /// What an administrator has set.
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

    /// Why this program cannot read its settings, which then say nothing; nil for a client as it should be. Such a
    /// client can be deleted, and it is disabled, since nobody knows what it may not do.
    package var problem: String? { shared.problem }

    /// Settings that a newer program wrote must not be written over by what this one understands of them.
    /// - Throws: `conflict` for a client with a ``problem``.
    func requireReadable() throws(Refusal) {
        guard let problem else { return }
        throw Refusal(
            .conflict,
            "This program cannot read the settings of this client (\(problem)), so the client is disabled. "
                + "Delete the client, or start the program that wrote the settings.")
    }

    /// From settings that are in memory already.
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

/// Settings that never change, held by reference: a request hands its client on a dozen times and reads a few of the
/// fields once.
package final class SharedClientSettings: Sendable, Equatable {
    package let settings: ClientSettings
    /// Why the stored settings cannot be read; nil when they can.
    package let problem: String?

    package init(_ settings: ClientSettings) {
        self.settings = settings
        problem = nil
    }

    /// Those of a client whose stored settings this program cannot read: it may do nothing.
    package init(unreadable problem: String) {
        settings = ClientSettings()
        self.problem = problem
    }

    package static func == (lhs: SharedClientSettings, rhs: SharedClientSettings) -> Bool {
        lhs === rhs || (lhs.settings == rhs.settings && lhs.problem == rhs.problem)
    }
}

/// A client secret at rest: SHA-256 of the secret (which is random, so a fast hash is enough), sealed with the master
/// key so that `master-key rotate` can re-seal it and a stolen database cannot confirm a guess.
package struct SealedClientSecret: Sendable, Equatable {
    package let client: ClientID
    /// Sealed digest, see ``MasterKeyRing``; the slot is the first byte.
    package let sealed: [UInt8]
    package let createdAt: Timestamp
    /// After a rotation the old secret works until then; `nil` for the current one.
    package let expiresAt: Timestamp?

    package init(client: ClientID, sealed: [UInt8], createdAt: Timestamp, expiresAt: Timestamp?) {
        self.client = client
        self.sealed = sealed
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}
