/// What the HTTP layer is told by configuration beyond the domain's own settings.
package struct HTTPSettings: Sendable {
    /// The proxies whose word on a client's address is taken.
    package var trustedProxies: TrustedProxies
    /// Whether admin API and metrics have an address of their own (`admin.listen`) and leave the public one.
    package var separateAdmin: Bool
    /// The bounds that requests live in.
    package var limits: TransportLimits
    /// Where the metrics of requests and services are counted.
    package var registry: PrometheusRegistry

    package init(
        trustedProxies: TrustedProxies = TrustedProxies(),
        separateAdmin: Bool = false,
        limits: TransportLimits = TransportLimits(),
        registry: PrometheusRegistry = PrometheusRegistry()
    ) {
        self.trustedProxies = trustedProxies
        self.separateAdmin = separateAdmin
        self.limits = limits
        self.registry = registry
    }
}
