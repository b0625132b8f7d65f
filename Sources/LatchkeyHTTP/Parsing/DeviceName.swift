package import LatchkeyCore

/// What an application calls the device of a session, for the user's list of sessions.
package enum DeviceName {
    /// In code points.
    package static let longest = 64

    /// The name, when a list may show it: a control could break the line or turn the text around.
    /// - Throws: `Refusal` `invalid_request`.
    package static func judged(_ name: String) throws(Refusal) -> String {
        guard name.unicodeScalars.count <= longest, name.unicodeScalars.allSatisfy(isShown) else {
            throw Refusal(
                .invalidRequest,
                "The member device_name must have at most \(longest) characters, none of them a control.")
        }
        return name
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: false
        default: !scalar.properties.isBidiControl
        }
    }
}
