/// What the HTTP layer is told by configuration beyond the domain's own settings.
package struct HTTPSettings: Sendable {
    /// The proxies whose word on a client's address is taken.
    package var trustedProxies: TrustedProxies
    /// Whether admin API and metrics have an address of their own (`admin.listen`) and leave the public one.
    package var separateAdmin: Bool
    /// The bounds that requests live in.
    package var limits: TransportLimits
    /// Where requests are counted.
    package var metrics: RequestMetrics
    /// Bytes that the database may still take from its file system, for `/readyz`; nil where that is not known.
    package var freeBytes: (@Sendable () -> Int64?)?
    /// Whether the database's files are gone, so that nothing is written any more, for `/readyz`.
    package var isStoreLost: (@Sendable () -> Bool)?
    /// The certificate that is being served.
    package var certificate: ServedCertificate
    /// Lines of the log that could not be written since the start.
    package var droppedLogLines: (@Sendable () -> Int64)?
    /// How long `/readyz` waits for the database before it says that it hangs.
    package var readinessPatience: Duration

    package init(
        trustedProxies: TrustedProxies = TrustedProxies(),
        separateAdmin: Bool = false,
        limits: TransportLimits = TransportLimits(),
        metrics: RequestMetrics = RequestMetrics(),
        freeBytes: (@Sendable () -> Int64?)? = nil,
        isStoreLost: (@Sendable () -> Bool)? = nil,
        certificate: ServedCertificate = ServedCertificate(),
        droppedLogLines: (@Sendable () -> Int64)? = nil,
        readinessPatience: Duration = .seconds(2)
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
    }
}
