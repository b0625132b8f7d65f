import LatchkeyTokens

/// Which claims about a user stand in an ID token. Clients keep it in cookies and send it in heads of requests, so it stays
/// short; UserInfo has all claims.
///
/// Claims are taken in this order, each as long as it still fits. One that is too long is left out, and those after it
/// are tried all the same. A value and what says whether it was verified go together.
///
/// | order | claims |
/// | --- | --- |
/// | 1 | `name`, `preferred_username` |
/// | 2 | `email` with `email_verified` |
/// | 3 | those of the operator (`claims.scopes`): a client that asks for claims here mostly wants these |
/// | 4 | all others, in the order of UserInfo |
enum IDTokenProfile {
    /// The longest ID token with such claims, in bytes.
    static let longestToken = 2000

    /// - Parameter room: how many bytes of JSON the claims may add to the others.
    static func fitting(_ claims: [UserClaims.Claim], room: Int) -> [UserClaims.Claim] {
        var left = room
        var kept: [UserClaims.Claim] = []
        for group in groups(claims) {
            let length = group.reduce(0) { $0 + Self.length($1) }
            guard length <= left else { continue }
            left -= length
            kept += group
        }
        return kept
    }

    private static func groups(_ claims: [UserClaims.Claim]) -> [[UserClaims.Claim]] {
        var groups: [[UserClaims.Claim]] = []
        for rank in 0...3 {
            for claim in claims where Self.rank(claim.name) == rank {
                if let value = verified(claim.name), let last = groups.last?.first, last.name.equalsBytes(of: value) {
                    groups[groups.count - 1].append(claim)
                } else {
                    groups.append([claim])
                }
            }
        }
        return groups
    }

    private static func rank(_ name: String) -> Int {
        if ["name", "preferred_username"].containsBytes(of: name) { return 0 }
        if ["email", "email_verified"].containsBytes(of: name) { return 1 }
        let isOwn = ["locale", "zoneinfo", "updated_at"].containsBytes(of: name)
        return isOwn || StandardClaim.named(name) != nil ? 3 : 2
    }

    /// The claim that another says something about.
    private static func verified(_ name: String) -> String? {
        [("email_verified", "email"), ("phone_number_verified", "phone_number")]
            .first { $0.0.equalsBytes(of: name) }?.1
    }

    /// With the comma before it.
    private static func length(_ claim: UserClaims.Claim) -> Int {
        JSONWriter.object { $0.member(claim.name, claim.value) }.count - 1
    }
}
