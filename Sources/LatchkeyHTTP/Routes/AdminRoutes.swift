import LatchkeyCore

/// The admin API. On the address of `admin.listen` if that is set, otherwise on the public one; always over the Unix
/// socket and inside the process.
enum AdminRoutes {
    static func routes(_ services: Services) -> [Route] {
        let (users, clock, settings) = (services.users, services.clock, services.settings)
        return [
            AdminUsers(users: users).routes, AdminClients(clients: services.clients, clock: clock).routes,
            AdminSessions(sessions: services.sessions, users: users, clock: clock).routes,
            AdminRevocations(
                revocations: services.revocations, users: users, feed: services.feed,
                namesAreAuthenticated: settings.revocations.access == .clients, clock: clock
            ).routes,
            AdminKeys(keys: services.keys, masterKeys: services.masterKeys, settings: settings.keys).routes,
            AdminAudit(users: users, audit: services.audit).routes,
            AdminStatistics(health: services.health, feed: services.feed, clock: clock).routes,
            AdminTokens(
                users: users, directory: services.clientDirectory, clientTokens: services.clientTokens,
                lifetime: settings.tokens.accessLifetime
            ).routes,
            AdminStreams(streams: services.streams, feed: services.eventFeed).routes,
        ].flatMap { $0 }
    }
}
