import HTTPTypes
import LatchkeyCore
import NIOCore

/// What operators and their machines ask: whether the server is alive, whether it can serve, and how it is doing.
struct OperationsEndpoint: Sendable {
    private let gauges: ScrapedGauges.Sources
    private let requests: RequestMetrics
    private let surroundings: Readiness.Surroundings
    private let health: ServerHealth
    private let readiness: RecentResult<Readiness>
    private let figures: RecentResult<StoreFigures?>

    init(
        health: ServerHealth, clock: Clock, gauges: ScrapedGauges.Sources, metrics: RequestMetrics,
        surroundings: Readiness.Surroundings
    ) {
        self.gauges = gauges
        requests = metrics
        self.surroundings = surroundings
        self.health = health
        // While one probe hangs with the disk, further callers wait for that one and start no other.
        let probe = RecentResult(every: .zero, clock: clock) {
            await Readiness.probe(health, surroundings, now: clock.now())
        }
        readiness = RecentResult(every: .seconds(1), clock: clock) {
            await TimeLimit.result(within: surroundings.patience) { await probe.value() } ?? Readiness.hanging(health)
        }
        // Counting rows reads the whole table: no scraper needs that more often than every few seconds.
        figures = RecentResult(every: .seconds(5), clock: clock) { try? await health.figures() }
    }

    /// `/healthz` and `/readyz`, for every listener.
    var healthRoutes: [Route] {
        [
            // Tolerant: a probe that adds a parameter of its own must not take the server out of service.
            Route(.get, PublicPath.liveness, "getLiveness", query: .tolerant, .open(healthz)),
            Route(.get, PublicPath.readiness, "getReadiness", query: .tolerant, .open(readyz)),
        ]
    }

    /// `/metrics`: beside the admin API, on its address if it has one.
    var metricsRoutes: [Route] {
        [Route(.get, PublicPath.metrics, "getMetrics", .open(metrics))]
    }

    /// Alive means that it answers. Nothing else is checked, or a broken disk would make an orchestrator restart it
    /// endlessly.
    private func healthz(_ request: Request, _ context: RequestContext) async throws -> Response {
        Self.alive
    }

    private static let alive = Response.json(Array(#"{"status":"ok"}"#.utf8))

    private func readyz(_ request: Request, _ context: RequestContext) async throws -> Response {
        // A probe of a database that does not answer takes its time, and a balancer should know at once.
        let readiness =
            if let cutOff = Readiness.cutOff(health) { cutOff } else {
                await readiness.value().withSharing(health)
            }
        var response = try Response.resource(readiness, status: readiness.ready ? .ok : .serviceUnavailable)
        if !readiness.ready { response.headers[.retryAfter] = "1" }
        return response
    }

    private func metrics(_ request: Request, _ context: RequestContext) async throws -> Response {
        let gauges = ScrapedGauges(store: await figures.value(), sources: gauges, surroundings: surroundings)
        var page = PrometheusPage()
        requests.write(to: &page)
        gauges.write(to: &page)
        return Response(
            status: .ok, headers: [.contentType: PrometheusPage.contentType], body: ByteBuffer(string: page.text))
    }
}
