package import LatchkeyCore

/// The routes of administration and operation, as parts of a ``RouteTable``.
package enum AdminRouter {
    /// The admin API, all of it behind one ``AdminGate``. On the address of `admin.listen` when that is set, on the
    /// public one otherwise; always over the Unix socket and inside the process.
    package static func adminRoutes(_ services: Services) -> [Route] {
        let gate = AdminGate(services)
        return [
            AdminUsers(services: services).routes(gate), AdminClients(services: services).routes(gate),
            AdminSessions(services: services).routes(gate), AdminRevocations(services: services).routes(gate),
            AdminKeys(services: services).routes(gate), AdminAudit(services: services).routes(gate),
            AdminStatistics(services: services).routes(gate), AdminTokens(services: services).routes(gate),
            AdminStreams(services: services).routes(gate),
        ].flatMap { $0 }
    }

    /// `/healthz` and `/readyz`, and with `metrics` `/metrics`. Make it once and share it among listeners: the caches
    /// behind it are what keeps a flood of probes cheap.
    static func operationsRoutes(
        _ services: Services, metrics: RequestMetrics, surroundings: Readiness.Surroundings
    ) -> (health: [Route], metrics: [Route]) {
        let endpoint = OperationsEndpoint(services: services, metrics: metrics, surroundings: surroundings)
        return (endpoint.healthRoutes, endpoint.metricsRoutes)
    }
}
