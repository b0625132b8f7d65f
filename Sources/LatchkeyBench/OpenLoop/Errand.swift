/// One request that waits to be sent, and what becomes of its answer.
struct Errand {
    /// The request whole, as it goes over the wire.
    let request: [UInt8]
    /// Judges the answer and returns the kind to count it as. Throwing counts as a failure of the kind that it was sent
    /// as.
    let settle: (Answer) throws -> String
    /// The kind that it is sent as.
    let kind: String
    /// Gives back what the errand held when no answer came.
    var abandon: () -> Void = {}
}

/// An answer while it is still in its connection's buffer.
struct Answer {
    let status: Int
    let body: ArraySlice<UInt8>

    /// - Throws: ``BenchFailure`` with the body's beginning when the status is another one.
    func expect(_ expected: Int) throws {
        guard status == expected else {
            throw BenchFailure(
                "Status \(status) instead of \(expected): \(String(decoding: body.prefix(200), as: UTF8.self))")
        }
    }

    /// The bytes of a JSON text member. `key` is its name as it stands there: quotes, colon and opening quote included.
    /// Only for values without escapes, as tokens are.
    func text(after key: [UInt8]) throws -> [UInt8] {
        var index = body.startIndex
        let last = body.endIndex - key.count
        while index < last {
            if body[index] == key[0], body[index + 1] == key[1], body[index..<index + key.count].elementsEqual(key) {
                return Array(body[(index + key.count)...].prefix { $0 != UInt8(ascii: "\"") })
            }
            index += 1
        }
        throw BenchFailure("The answer lacks \(String(decoding: key, as: UTF8.self)).")
    }
}

/// A stream of requests with a pace of its own and connections of its own, so that slow answers of one kind hold up no
/// other.
final class Lane {
    /// Nanoseconds from one request to the next.
    let interval: UInt64
    let sources: [SourceAddress]
    /// Nil when there is nothing to send at this moment.
    let next: () -> Errand?

    /// - Parameter sources: one connection is opened from each.
    init(perSecond: Double, from sources: [SourceAddress], next: @escaping () -> Errand?) {
        interval = UInt64(1e9 / perSecond)
        self.sources = sources
        self.next = next
    }
}

/// An address of this machine's loopback network, 127.0.0.0/8, to call from.
struct SourceAddress: Sendable {
    /// Host byte order.
    let value: UInt32

    /// 127.0.0.1
    static let loopback = SourceAddress(value: 0x7F00_0001)

    /// Addresses in as many different /24 networks, none of which is 127.0.0.0/24.
    static func spread(_ count: Int) -> [SourceAddress] {
        (0..<count).map { SourceAddress(value: 0x7F01_0007 + UInt32($0) << 8) }
    }
}
