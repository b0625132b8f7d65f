package import LatchkeyCore

/// The configuration of the HTTP layer, beyond the domain's own settings.
package struct HTTPSettings: Sendable {
    /// The proxies whose statement about a client's address is trusted.
    package var trustedProxies: TrustedProxies
    /// Whether admin API and metrics have an address of their own (`admin.listen`) and are not on the public one.
    package var separateAdmin: Bool
    /// The limits of requests.
    package var limits: TransportLimits
    /// Where requests are counted.
    package var metrics: RequestMetrics
    /// Bytes that are still free on the database's file system, for `/readyz`; nil if unknown.
    package var freeBytes: (@Sendable () -> Int64?)?
    /// Whether the database's files are gone, so that the server no longer writes, for `/readyz`.
    package var isStoreLost: (@Sendable () -> Bool)?
    /// The served certificate.
    package var certificate: ServedCertificate
    /// Log lines that could not be written since the start.
    package var droppedLogLines: (@Sendable () -> Int64)?
    /// How long `/readyz` waits for the database before it reports that it hangs.
    package var readinessPatience: Duration
    /// Routes of the pages that people see.
    package var pages: [Route]
    /// Shows a refusal, or for `nil` a fault of ours, to a person.
    package var showError: (@Sendable (Refusal?, RequestContext) -> Response)?

    package init(
        trustedProxies: TrustedProxies = TrustedProxies(),
        separateAdmin: Bool = false,
        limits: TransportLimits = TransportLimits(),
        metrics: RequestMetrics = RequestMetrics(),
        freeBytes: (@Sendable () -> Int64?)? = nil,
        isStoreLost: (@Sendable () -> Bool)? = nil,
        certificate: ServedCertificate = ServedCertificate(),
        droppedLogLines: (@Sendable () -> Int64)? = nil,
        readinessPatience: Duration = .seconds(2),
        pages: [Route] = [],
        showError: (@Sendable (Refusal?, RequestContext) -> Response)? = nil
    ) {
        self.trustedProxies = trustedProxies
        self.separateAdmin = separateAdmin
        self.limits = limits
        self.metrics = metrics
        self.freeBytes = freeBytes
        self.isStoreLost = isStoreLost
        self.certificate = certificate
        self.droppedLogLines = droppedLogLines
        self.readinessPatience = readinessPatience
        self.pages = pages
        self.showError = showError
    }
}
