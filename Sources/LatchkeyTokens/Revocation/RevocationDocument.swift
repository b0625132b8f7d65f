/// The revocation list as served at `/revocations`: a full snapshot (`after` is 0) or the entries newer than `after`.
package struct RevocationDocument: Sendable, Hashable {
    /// `iss`
    package let issuer: String
    /// `epoch`: chosen by the server at each start; 1 to 64 characters of `A-Z a-z 0-9 . _ -`.
    package let epoch: String
    /// `after`: the `seq` after which the entries begin; 0 for a snapshot.
    package let after: Int64
    /// `seq`: the last assigned one when the document was built, whether or not that entry is still live.
    package let sequence: Int64
    /// `now`: when the document was built, in whole seconds of the server's clock.
    package let now: Timestamp
    /// `next_update`: how long a poller that does not wait should sleep, in seconds; 1 to 86400.
    package let nextUpdate: Int64
    /// `expires_in`: how long from `now` the document counts as fresh, in seconds; 1 to 86400.
    package let expiresIn: Int64
    /// The live entries with `after` < `seq`, ascending. Holes are entries that have expired.
    package let entries: [RevocationEntry]

    /// A document to be served.
    package init(
        issuer: String,
        epoch: String,
        after: Int64,
        sequence: Int64,
        now: Timestamp,
        nextUpdate: Int64,
        expiresIn: Int64,
        entries: [RevocationEntry]
    ) {
        self.issuer = issuer
        self.epoch = epoch
        self.after = after
        self.sequence = sequence
        self.now = now
        self.nextUpdate = nextUpdate
        self.expiresIn = expiresIn
        self.entries = entries
    }

    /// How the entries appear in a document.
    package enum Form: Sendable, Hashable, CaseIterable {
        /// `application/json`: one object per entry.
        case plain
        /// `application/vnd.latchkey.revocations-columns+json`: a third of the size, for long lists. The page on the rule
        /// describes it.
        case columns

        /// The media type with which a client requests the form, and which the response has.
        package var mediaType: String {
            switch self {
            case .plain: "application/json"
            case .columns: RevocationColumns.mediaType
            }
        }
    }

    /// The JSON document.
    package func encode(_ form: Form = .plain) -> [UInt8] {
        switch form {
        case .plain: JSONWriter.object(reserving: 256 + entries.count * 112) { write(to: &$0) }
        case .columns: JSONWriter.object(reserving: 256 + entries.count * 30) { writeColumns(to: &$0) }
        }
    }

    /// Writes the members into an object that may have others.
    func write(to json: inout JSONWriter) {
        writeHead(to: &json)
        json.member("entries", array: { json in for entry in entries { entry.write(to: &json) } })
    }

    private func writeColumns(to json: inout JSONWriter) {
        let (groups, rest) = RevocationColumns.split(entries)
        writeHead(to: &json)
        json.member("entries", array: { json in for entry in rest { entry.write(to: &json) } })
        json.member(
            "columns",
            array: { json in
                for group in groups { RevocationColumns.write(group, of: self, to: &json) }
            })
    }

    private func writeHead(to json: inout JSONWriter) {
        json.member("iss", issuer)
        json.member("epoch", epoch)
        json.member("after", after)
        json.member("seq", sequence)
        json.member("now", now.seconds)
        json.member("next_update", nextUpdate)
        json.member("expires_in", expiresIn)
    }
}

extension RevocationEntry {
    /// Writes the entry as an object, as it stands in a document.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("seq", sequence)
            json.member("kind", kind.rawValue)
            if let id { json.member("id", id) }
            if let issuedBefore { json.member("iat_before", issuedBefore.seconds) }
            json.member("exp", expiresAt.seconds)
        }
    }
}

/// Why a revocation document was not accepted. Two refusals are equal when reason and detail are.
package struct RefusedDocument: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of refusal.
    package enum Reason: String, Sendable, Hashable {
        /// Longer than the cap, or more entries than the cap.
        case tooLarge = "too_large"
        /// Not a strict JSON object.
        case badJSON = "bad_json"
        /// A member that is missing or has the wrong type, form or range.
        case badMember = "bad_member"
        /// An entry of an unknown kind, or whose members do not fit the kind. Ignoring it would let revoked tokens
        /// pass.
        case badEntry = "bad_entry"
        /// `after`, the entries' `seq` and `seq` do not ascend.
        case badOrder = "bad_order"
        /// From another issuer.
        case wrongIssuer = "wrong_issuer"
        /// `now` is later than the local clock by more than the skew.
        case fromTheFuture = "from_the_future"
        /// `now` is earlier than the last accepted document's by more than the skew, whatever the epoch.
        case outdated = "outdated"
        /// `seq` is lower than the last accepted one of the same epoch.
        case wentBackwards = "went_backwards"
        /// A delta that does not reach back to the known entries: a full snapshot is needed.
        case gap = "gap"
    }

    /// What is wrong.
    package let reason: Reason
    /// The member concerned, from our own list of names, or nil.
    package let member: String?

    init(_ reason: Reason, member: String? = nil) {
        self.reason = reason
        self.member = member
    }

    /// Both parts.
    package var description: String { member.map { "\(reason.rawValue): \($0)" } ?? reason.rawValue }
}
