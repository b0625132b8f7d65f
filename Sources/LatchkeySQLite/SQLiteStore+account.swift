package import LatchkeyCore
package import LatchkeyTokens

extension SQLiteStore {
    package func administrator(otherThan id: UserID) async throws -> UserID? {
        var after: [UInt8] = []
        while true {
            let start = after
            let step = try await readers.read { database in
                var seen = 0
                var step = AdministratorSearch(found: nil, last: nil)
                // By id, so that the walk starts where the one before it ended.
                try database.walk("SELECT \(UserRow.columns) FROM users u WHERE u.id > ? ORDER BY u.id", [start]) {
                    row in
                    let user = try UserRow.decode(row)
                    if user.isAdministrator, user.id != id {
                        step.found = user.id
                        return .stop
                    }
                    seen += 1
                    guard seen < Self.scanLimit else {
                        step.last = user.id
                        return .stop
                    }
                    return .on
                }
                return step
            }
            guard step.found == nil, let last = step.last else { return step.found }
            after = last.bytes
        }
    }

    package func renameSession(
        _ id: SessionID, of user: UserID, to deviceName: String?
    ) async throws -> SessionRecord? {
        try await writer.perform { transaction in
            guard let record = try SessionRow.find(id, transaction.database), record.session.user == user,
                SessionValidity.judge(record, idleLifetime: nil, now: transaction.instant) == .valid
            else { return nil }
            try transaction.database.run(
                "UPDATE sessions SET device_name = ? WHERE id = ?", [deviceName, id.bytes])
            return try SessionRow.find(id, transaction.database)
        }
    }
}

extension Transaction {
    /// What was looked at before the writer's turn may have changed since: it is judged here again.
    func check(_ own: OwnDeletion, of id: UserID) throws {
        guard let login = try UserRow.loginRecord(where: "u.id = ?", id.bytes, database),
            login.credential.version == own.verifiedVersion,
            let record = try SessionRow.find(own.session, database), record.session.user == id,
            SessionValidity.judge(record, idleLifetime: nil, now: instant) == .valid
        else { throw Refusal(.invalidCredentials, "The session has ended, or the password was changed.") }
        guard login.user.roles.contains(UserRoles.admin) else { return }
        guard let other = own.remainingAdministrator, other != id,
            try UserRow.find(other, database)?.isAdministrator == true
        else {
            throw Refusal(
                .conflict, "You are the last administrator: give somebody else the role admin first, then try again.")
        }
    }
}

/// How far one part of the search came.
private struct AdministratorSearch: Sendable {
    var found: UserID?
    /// The last user looked at when there may be more.
    var last: UserID?
}

extension User {
    fileprivate var isAdministrator: Bool { roles.contains(UserRoles.admin) && !disabled }
}
