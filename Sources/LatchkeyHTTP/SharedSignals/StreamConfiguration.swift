import LatchkeyCore
import LatchkeyTokens

/// A stream's configuration at the wire (SSF 8.1.1).
struct StreamConfiguration: Sendable {
    private let record: EventStreamRecord
    private let settings: Settings

    init(_ record: EventStreamRecord, settings: Settings) {
        self.record = record
        self.settings = settings
    }

    func write(_ json: inout JSONWriter) {
        let stream = record.stream
        let addresses = SharedSignalsAddresses(issuer: settings.issuer)
        json.object { json in
            json.member("stream_id", stream.id.description)
            json.member("iss", settings.issuer)
            if stream.audience.count == 1, let only = stream.audience.first {
                json.member("aud", only)
            } else {
                json.member("aud", stream.audience)
            }
            json.member(
                "delivery",
                object: { json in
                    json.member("method", SharedSignalsAddresses.pollMethod)
                    json.member("endpoint_url", addresses.poll(stream.id))
                })
            json.member("events_supported", SecurityEvent.Kind.requestable.map(\.uri))
            if let requested = stream.requested { json.member("events_requested", requested) }
            json.member("events_delivered", stream.delivered.map(\.uri))
            json.member(
                "min_verification_interval", Settings.SharedSignals.minVerificationInterval.components.seconds)
            if let summary = stream.summary { json.member("description", summary) }
        }
    }

    /// The configuration as JSON.
    func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 1024)
        write(&json)
        return json.bytes
    }

    /// Compares the members that a receiver sent back with those that we supply: they may be present and must not
    /// differ (SSF 8.1.1.3).
    /// - Throws: `Refusal` `invalid_request`.
    func check(_ body: JSONBody) throws(Refusal) {
        let own = try? StrictJSON.parseObject(encode())
        for name in ["iss", "aud", "events_supported", "events_delivered", "min_verification_interval"] {
            guard let given = body[name] else { continue }
            guard let own = own?[name], Self.isSame(given, own) else {
                throw Refusal(.invalidRequest, "The transmitter supplies the member \(name), and it has another value.")
            }
        }
        guard let delivery = body["delivery"] else { return }
        try Self.checkMethod(delivery)
        let address = SharedSignalsAddresses(issuer: settings.issuer).poll(record.stream.id)
        guard let given = delivery.object?["endpoint_url"], !given.isNull else { return }
        guard given.string?.equalsBytes(of: address) == true else {
            throw Refusal(.invalidRequest, "The transmitter supplies the member delivery.endpoint_url.")
        }
    }

    /// - Throws: `Refusal` `invalid_request` for push delivery and for values that are not a delivery at all.
    static func checkMethod(_ delivery: JSONValue?) throws(Refusal) {
        guard let delivery else { return }
        guard delivery.object?["method"]?.string?.equalsBytes(of: SharedSignalsAddresses.pollMethod) == true else {
            throw Refusal(
                .invalidRequest, "The member delivery must have the method \(SharedSignalsAddresses.pollMethod).")
        }
    }

    /// Lists of strings are sets; a single string is a list of one (RFC 7519 4.1.3).
    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        func texts(_ value: JSONValue) -> Set<[UInt8]>? {
            (value.string.map { [$0] } ?? value.strings).map { Set($0.map { Array($0.utf8) }) }
        }
        if let left = texts(left), let right = texts(right) { return left == right }
        return JSONWriter.value { $0.value(left) } == JSONWriter.value { $0.value(right) }
    }
}
