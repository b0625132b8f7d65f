import LatchkeyCore

/// The event endpoints, or nothing when `shared_signals.enabled` is off.
enum SharedSignalsRoutes {
    static func routes(_ services: Services) -> [Route] {
        guard services.settings.sharedSignals.enabled else { return [] }
        let gate = ReceiverGate(services)
        return TransmitterMetadataEndpoint(settings: services.settings).routes
            + StreamEndpoint(services: services).routes(gate)
            + StreamStatusEndpoint(services: services).routes(gate) + PollEndpoint(services: services).routes(gate)
    }
}
