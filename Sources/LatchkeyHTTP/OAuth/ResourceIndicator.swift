package import LatchkeyCore
import LatchkeyTokens

/// `resource` parameters (RFC 8707). A client's audience is configured, not requested: a request may still name the
/// audience, and the token stays the same.
package enum ResourceIndicator {
    /// - Parameter audience: `aud` of the token that the request would get without the parameter.
    /// - Throws: `Refusal` `invalid_target` when one of `resources` is something else.
    package static func check(_ resources: [String], within audience: [String]) throws(Refusal) {
        guard resources.allSatisfy({ audience.containsBytes(of: $0) }) else {
            throw Refusal(.invalidTarget, "The resource is not an audience of this client's tokens.")
        }
    }
}
