/// What `aud` may be.
enum AudienceForm {
    /// An absolute URI without fragment (RFC 8707 2) or a plain name, 1 to 256 characters.
    static func isValid(_ text: String) -> Bool {
        guard (1...256).contains(text.utf8.count) else { return false }
        if text.contains(":") {
            guard let parts = URIParts(text) else { return false }
            return !text.contains("#") && (parts.host != nil || !parts.rest.isEmpty)
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "._-".utf8.contains(byte)
            }
        }
    }
}
