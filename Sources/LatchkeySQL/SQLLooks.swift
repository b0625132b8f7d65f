package import LatchkeyCore

/// A reader's connection as the domain sees it.
package struct SQLLooks: Looks {
    package let connection: any SQLConnection
    private let dialect: any SQLDialect

    package init(_ connection: any SQLConnection, _ dialect: any SQLDialect) {
        self.connection = connection
        self.dialect = dialect
    }

    package var state: any StateLook { StateRow(connection, dialect) }
    package var sessions: any SessionLook { Sessions(connection, dialect) }
    package var codes: any AuthorizationCodeLook { AuthorizationCodes(connection) }
    package var signIns: any SignInLook { SignIns(connection) }
    package var browsers: any BrowserSessionLook { BrowserSessions(connection) }
    package var consents: any ConsentLook { Consents(connection) }
    package var users: any UserLook { Users(connection) }
    package var passwords: any PasswordLook { Passwords(connection) }
    package var profiles: any ProfileLook { Profiles(connection) }
    package var clients: any ClientLook { Clients(connection) }
    package var throttle: any ThrottleLook { ThrottleCounters(connection) }
    package var networks: any NetworkLook { KnownNetworks(connection) }
    package var revocations: any RevocationLook { Revocations(connection) }
    package var keys: any SigningKeyLook { SigningKeys(connection) }
    package var audit: any AuditLook { AuditEvents(connection) }
    package var streams: any EventStreamLook { EventStreams(connection) }
    package var statusLists: any StatusListLook { StatusLists(connection) }
    package var upkeep: any UpkeepLook { UpkeepStatements(connection, dialect) }
}
