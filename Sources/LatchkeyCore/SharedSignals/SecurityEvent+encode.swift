import LatchkeyTokens

extension SecurityEvent {
    /// The claims of its Security Event Token (RFC 8417 2.2, profiled by SSF 4.1): no `sub` and no `exp`, so that it
    /// cannot pass for an access token; `iat` is the instant of the event, so that each delivery has the same content.
    package func claims(issuer: String, stream: EventStream) -> [UInt8] {
        JSONWriter.object(reserving: 768) { json in
            json.member("iss", issuer)
            json.member("jti", id.description)
            json.member("iat", at.seconds)
            if stream.audience.count == 1, let only = stream.audience.first {
                json.member("aud", only)
            } else {
                json.member("aud", stream.audience)
            }
            json.member("txn", transaction)
            json.member("sub_id", object: { writeSubject(issuer, stream, &$0) })
            json.member("events", object: { $0.member(kind.uri, object: writeEvent) })
        }
    }

    /// RFC 9493 3.2.3 (`iss_sub`) and 3.2.4 (`opaque`); a session is a complex subject (SSF 3.3), so that a receiver
    /// that does not know the `sid` still learns whose it was.
    private func writeSubject(_ issuer: String, _ stream: EventStream, _ json: inout JSONWriter) {
        func user(_ id: UserID, _ json: inout JSONWriter) {
            json.member("format", "iss_sub")
            json.member("iss", issuer)
            json.member("sub", id.description)
        }
        func opaque(_ id: String, _ json: inout JSONWriter) {
            json.member("format", "opaque")
            json.member("id", id)
        }
        switch subject {
        case .user(let id): user(id, &json)
        case .stream: opaque(stream.id.description, &json)
        case .session(let session, let id):
            json.member("format", "complex")
            json.member("session", object: { opaque(session.description, &$0) })
            json.member("user", object: { user(id, &$0) })
        }
    }

    private func writeEvent(_ json: inout JSONWriter) {
        guard kind != .verification else {
            if let state { json.member("state", state) }
            return
        }
        json.member("event_timestamp", at.seconds)
        if let initiator { json.member("initiating_entity", initiator.rawValue) }
        json.member("reason_admin", object: { $0.member("en", reasonText) })
        if kind == .credentialChange {
            json.member("credential_type", "password")
            json.member("change_type", "update")
        }
    }

    /// Never empty: the CAEP interoperability profile requires it. Never the text of an administrator, which is not
    /// published.
    private var reasonText: String {
        switch kind {
        case .credentialChange: "The password was changed."
        case .accountDisabled: "The account was disabled."
        case .accountEnabled: "The account was enabled again."
        case .accountPurged: "The account was deleted."
        case .verification: "The receiver asked for it."
        case .sessionRevoked: reason?.sentence ?? "The session was revoked."
        }
    }
}

extension RevocationReason {
    /// For administrators, the receiver's and ours. No default: a new reason does not compile until it has a sentence.
    package var sentence: String {
        switch self {
        case .logout: "The user logged out."
        case .replay: "A refresh token was replayed: two parties hold it."
        case .passwordChange: "The password was changed or must be changed."
        case .userDisabled: "The account was disabled."
        case .userDeleted: "The account was deleted."
        case .roleLost: "The user lost a role."
        case .clientDisabled: "The application was disabled."
        case .clientDeleted: "The application was deleted."
        case .replacedByLogin: "The user signed in again in the same place."
        case .tooManySessions: "The user has too many sessions: the oldest ended."
        case .tokenRevoked: "The application revoked its token."
        case .emergencyRotation: "A signing key was withdrawn."
        case .masterKeyLeaked: "The master key was replaced."
        case .restored: "The database was restored from a backup."
        case .clockReset: "The server's clock was reset."
        case .admin: "An administrator revoked it."
        case .user: "The user ended the session."
        case .consentRemoved: "The user took back what the application may have."
        case .expired: "The session could not go on."
        }
    }
}
