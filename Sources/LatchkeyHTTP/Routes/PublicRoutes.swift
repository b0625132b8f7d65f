import LatchkeyCore

/// The routes for clients, applications and services. Each endpoint gets the services that it needs.
enum PublicRoutes {
    static func routes(_ services: Services) -> [Route] {
        documents(services) + oauth(services) + account(services)
    }

    /// Routes that are answered from memory, and the event endpoints.
    private static func documents(_ services: Services) -> [Route] {
        let settings = services.settings
        let isPublic = settings.revocations.access == .public
        let documents = RevocationDocuments(
            feed: services.feed,
            signer: RevocationSigner(
                keyRing: services.keyRing, algorithm: settings.tokens.algorithm,
                lifetime: settings.revocations.expiresIn),
            nextUpdate: settings.revocations.nextUpdate)
        let lists = RevocationsEndpoint(
            feed: services.feed, documents: documents, maxWait: settings.revocations.maxWait, isPublic: isPublic)
        return MetadataEndpoint(settings: settings).routes + lists.routes + events(services)
            + (services.statusLists.map { StatusListEndpoint(lists: $0, isPublic: isPublic).routes } ?? [])
            + [KeySetEndpoint(keyRing: services.keyRing, maxAge: settings.jwksMaxAge).route]
    }

    private static func oauth(_ services: Services) -> [Route] {
        [
            TokenEndpoint(
                sessions: services.sessions, clientTokens: services.clientTokens, settings: services.settings
            ).route,
            RevocationEndpoint(revocations: services.revocations).route,
            IntrospectionEndpoint(introspection: services.introspection, issuer: services.settings.issuer).route,
        ] + UserInfoEndpoint(users: services.users, settings: services.settings.claims).routes
    }

    private static func account(_ services: Services) -> [Route] {
        let sessions = services.sessions
        let cookies = PageCookies(CookieForm(issuer: services.settings.issuer))
        return [
            LoginEndpoint(sessions: sessions, cookies: cookies, issuer: services.settings.issuer).route,
            RefreshEndpoint(sessions: sessions, cookies: cookies).route,
            LogoutEndpoint(
                sessions: sessions, revocations: services.revocations, directory: services.clientDirectory,
                cookies: cookies
            ).route,
            MeEndpoint().route,
            PasswordEndpoint(sessions: sessions, cookies: cookies).route,
            OwnAccountEndpoint(sessions: sessions, cookies: cookies).route,
        ] + browser(services) + OwnSessionsEndpoint(sessions: sessions, clock: services.clock, cookies: cookies).routes
    }

    private static func browser(_ services: Services) -> [Route] {
        let cookie = SessionCookie(CookieForm(issuer: services.settings.issuer))
        return [
            SessionEndpoint().route,
            StartEndpoint(
                directory: services.clientDirectory, masterKeys: services.masterKeyRing, clock: services.clock,
                cookie: cookie, issuer: services.settings.issuer
            ).route,
            CallbackEndpoint(sessions: services.sessions, cookie: cookie).route,
            ForwardAuthEndpoint(forward: services.forward).route,
        ]
    }

    /// The event endpoints, or nothing when `shared_signals.enabled` is off.
    private static func events(_ services: Services) -> [Route] {
        guard services.settings.sharedSignals.enabled else { return [] }
        let streams = services.streams
        return TransmitterMetadataEndpoint(settings: services.settings).routes
            + StreamEndpoint(streams: streams, settings: services.settings).routes
            + StreamStatusEndpoint(streams: streams).routes
            + PollEndpoint(streams: streams, polls: services.polls).routes
    }
}
