package import LatchkeyTokens

/// A hashed counter: kind and bucket number. The name or address behind it is not stored.
package struct ThrottleBucket: Sendable, Hashable {
    package enum Kind: Int, Sendable { case pair = 0, network = 1, account = 2 }
    package let kind: Kind
    /// 0 ..< 2^20, from an HMAC.
    package let number: Int64
    package init(kind: Kind, number: Int64) {
        self.kind = kind
        self.number = number
    }
}

package struct FailureCounter: Sendable, Equatable {
    package let failures: Int
    package let windowStart: Timestamp
    package let lastFailure: Timestamp
    package init(failures: Int, windowStart: Timestamp, lastFailure: Timestamp) {
        self.failures = failures
        self.windowStart = windowStart
        self.lastFailure = lastFailure
    }
}

/// Counters of failed attempts to sign in.
package protocol ThrottleLook {
    /// Those that have counted something; each bucket stands in the list once.
    func counters(_ buckets: [ThrottleBucket]) throws -> [ThrottleBucket: FailureCounter]
}

package protocol ThrottleTable: ThrottleLook {
    /// Adds one failure. A counter whose window began at or before `windowStart` restarts.
    func fail(_ bucket: ThrottleBucket, at instant: Timestamp, windowStart: Timestamp) throws
    func reset(_ bucket: ThrottleBucket) throws
}

/// The networks from which users have signed in.
package protocol NetworkLook {
    /// Whether the user has signed in from this network after `since`.
    func isKnown(_ network: String, of user: UserID, since: Timestamp) throws -> Bool
}

package protocol NetworkTable: NetworkLook {
    /// Notes another sign-in from a known network.
    /// - Returns: false when the network is not known; nothing was written then.
    func renew(_ network: String, of user: UserID, at instant: Timestamp) throws -> Bool
    func insert(_ network: String, of user: UserID, at instant: Timestamp) throws
    /// Forgets all but the `count` networks of the latest sign-ins.
    func trim(to count: Int, of user: UserID) throws
}
