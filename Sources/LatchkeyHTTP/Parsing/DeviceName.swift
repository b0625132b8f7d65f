package import LatchkeyCore

/// An application's name for the device of a session, for the user's list of sessions.
package enum DeviceName {
    /// In code points.
    package static let longest = 64

    /// The name, if a list may show it: a control character could break the line or reverse the direction of the text.
    /// - Throws: `Refusal` `invalid_request`.
    package static func judged(_ name: String) throws(Refusal) -> String {
        guard OneLineText.isHarmless(name, longest: longest) else {
            throw Refusal(
                .invalidRequest,
                "The member device_name must have at most \(longest) characters, and no control characters.")
        }
        return name
    }
}
