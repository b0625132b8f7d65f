package import LatchkeyTokens

/// One Token Status List as stored. All its tokens expire within the same ten minutes, so that it can retire.
package struct StatusListRecord: Sendable, Hashable {
    /// Places in a new list. With a bit for each they take 16 KiB before compression, and half of them suffice for a
    /// hundred tokens a second; beyond that, another list is opened for the same ten minutes.
    package static let newSize = 1 << 17
    private static let bucketSeconds: Int64 = 600

    /// The last part of its URI. A number is never used twice.
    package let number: Int64
    /// Places, used or not.
    package let size: Int
    package let openedAt: Timestamp
    /// Every token in it has expired at this instant.
    package let expiresAt: Timestamp

    package init(number: Int64, size: Int, openedAt: Timestamp, expiresAt: Timestamp) {
        self.number = number
        self.size = size
        self.openedAt = openedAt
        self.expiresAt = expiresAt
    }

    /// ``expiresAt`` of the lists for tokens that expire at this instant: the next full ten minutes after it.
    package static func expiry(for token: Timestamp) -> Timestamp {
        Timestamp(seconds: (token.seconds / bucketSeconds + 1) * bucketSeconds)
    }

    /// Whether an `all` entry with this `iat_before` covers every token that the list holds or has ever held. A list
    /// takes no token issued after the second of such an entry unless it was opened after it.
    package func isCovered(byAll issuedBefore: Int64?) -> Bool {
        guard let issuedBefore else { return false }
        return openedAt.seconds <= issuedBefore
    }
}

/// A place in a list.
package struct StatusPosition: Sendable, Hashable {
    package let list: Int64
    /// `idx`: 0 ..< size
    package let place: Int64

    package init(list: Int64, place: Int64) {
        self.list = list
        self.place = place
    }
}

/// The place of one access token, with the values that revocations match.
package struct StatusEntry: Sendable, Hashable {
    package let list: StatusListRecord
    /// `idx`: 0 ..< size
    package let place: Int64
    package let token: RevocationSubject

    package init(list: StatusListRecord, place: Int64, token: RevocationSubject) {
        self.list = list
        self.place = place
        self.token = token
    }

    package var position: StatusPosition { StatusPosition(list: list.number, place: place) }
}
