import Crypto
import LatchkeyBytes
package import LatchkeyTokens

/// The sealed field of a form: it proves that this browser was shown this form for this request, not long ago. It is the
/// form's CSRF token, and it grants nothing.
///
/// `lkf_` ‖ base64url of: format version 1 and master-key slot (1) ‖ salt (16) ‖ digest of the step cookie (32) ‖ form id
/// (16) ‖ issued at, arrived at (8 each, milliseconds, big-endian) ‖ digest of the request (32) ‖ flags (1) ‖ browser
/// session (16) ‖ its generation (4) ‖ tag (32). The tag is HMAC-SHA256 under HKDF(master key, salt, info: "form") over
/// everything before it.
package struct FormSeal: Sendable, Equatable {
    /// How long a form may be open.
    package static let lifetime: Duration = .seconds(600)
    /// How long one request may take over all its forms: what it asked of the proof's age is judged by its arrival.
    package static let longestRequest: Duration = .seconds(1800)
    private static let prefix = "lkf_"
    private static let formatVersion: UInt8 = 1
    private static let tagByteCount = 32
    private static let byteCount = 1 + 16 + 32 + 16 + 8 + 8 + 32 + 1 + 16 + 4 + tagByteCount

    private struct Flags: OptionSet {
        let rawValue: UInt8
        static let currentChosen = Flags(rawValue: 1)
        static let anotherChosen = Flags(rawValue: 2)
        static let staysSignedIn = Flags(rawValue: 4)
        static let hasBrowser = Flags(rawValue: 8)
    }

    /// A browser session, and the generation that its cookie stood for.
    package struct Browser: Sendable, Equatable {
        package let session: SessionID
        package let generation: UInt32
        package init(session: SessionID, generation: UInt32) {
            self.session = session
            self.generation = generation
        }
    }

    package var form: FormName
    package var issuedAt: Timestamp
    /// When the authorization request arrived.
    package let arrivedAt: Timestamp
    package let requestDigest: [UInt8]
    package var browser: Browser?
    package var choice: SignInFacts.Choice?
    package var staysSignedIn = false

    package init(form: FormName, issuedAt: Timestamp, arrivedAt: Timestamp, requestDigest: [UInt8], browser: Browser?) {
        self.form = form
        self.issuedAt = issuedAt
        self.arrivedAt = arrivedAt
        self.requestDigest = requestDigest
        self.browser = browser
    }

    /// The text of the field.
    package func sealed(keys: MasterKeyRing) throws -> String {
        let slot = keys.currentSlot
        var flags: Flags = staysSignedIn ? .staysSignedIn : []
        if choice == .current { flags.insert(.currentChosen) }
        if choice == .another { flags.insert(.anotherChosen) }
        if browser != nil { flags.insert(.hasBrowser) }
        let content =
            Self.bytes(issuedAt) + Self.bytes(arrivedAt) + requestDigest + [flags.rawValue]
            + (browser?.session.bytes ?? [UInt8](repeating: 0, count: 16)) + Self.bytes(browser?.generation ?? 0)
        let salt = RandomBytes.make(16)
        let head = [Self.formatVersion << 4 | slot] + salt + form.browserDigest + form.formID + content
        guard let tag = Self.tag(head, slot: slot, salt: salt, keys: keys) else {
            throw MasterKeyFault("The current master-key slot \(slot) is empty.")
        }
        return Self.prefix + Base64URL.string(head + tag)
    }

    /// Nil for everything but a field of ours that was made for this browser and this request and is not too old.
    package init?(
        _ text: String, browserDigest: [UInt8], requestDigest: [UInt8], keys: MasterKeyRing, now: Timestamp
    ) {
        guard text.utf8.count <= 512, text.beginsWithBytes(of: Self.prefix),
            let bytes = Base64URL.decode(Array(text.utf8.dropFirst(Self.prefix.utf8.count))),
            bytes.count == Self.byteCount, bytes[0] >> 4 == Self.formatVersion
        else { return nil }
        let head = Array(bytes.dropLast(Self.tagByteCount))
        guard let expected = Self.tag(head, slot: bytes[0] & 0x0f, salt: Array(bytes[1..<17]), keys: keys),
            ConstantTime.equal(expected, Array(bytes.suffix(Self.tagByteCount))),
            ConstantTime.equal(Array(bytes[17..<49]), browserDigest),
            Array(bytes[81..<113]) == requestDigest, let session = SessionID(bytes: Array(bytes[114..<130]))
        else { return nil }
        let flags = Flags(rawValue: bytes[113])
        let generation = bytes[130..<134].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        self.init(
            form: FormName(browserDigest: browserDigest, formID: Array(bytes[49..<65])),
            issuedAt: Self.instant(bytes[65..<73]), arrivedAt: Self.instant(bytes[73..<81]),
            requestDigest: requestDigest,
            browser: flags.contains(.hasBrowser) ? Browser(session: session, generation: generation) : nil)
        staysSignedIn = flags.contains(.staysSignedIn)
        choice = flags.contains(.currentChosen) ? .current : flags.contains(.anotherChosen) ? .another : nil
        guard now - issuedAt < Self.lifetime, issuedAt - now < .seconds(60), now - arrivedAt < Self.longestRequest
        else { return nil }
    }

    private static func tag(_ bytes: [UInt8], slot: UInt8, salt: [UInt8], keys: MasterKeyRing) -> [UInt8]? {
        keys.deriveHash(.form, slot: slot, salt: salt, context: [])?.code(for: bytes)
    }

    private static func bytes(_ instant: Timestamp) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: instant.milliseconds >> (56 - 8 * $0)) }
    }

    private static func bytes(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * $0)) }
    }

    private static func instant(_ bytes: ArraySlice<UInt8>) -> Timestamp {
        Timestamp(milliseconds: bytes.reduce(Int64(0)) { $0 << 8 | Int64($1) })
    }
}

extension FormSeal {
    /// A new form for a request that has just arrived from a browser that is signed in.
    init(for requestDigest: [UInt8], of browser: BrowserSession, in visit: SignInVisit, now: Timestamp) {
        self.init(
            form: .new(in: visit.digest), issuedAt: now, arrivedAt: now, requestDigest: requestDigest,
            browser: browser.sealed)
    }

    /// The field that came back, if any.
    init?(
        _ text: String?, from visit: SignInVisit, for requestDigest: [UInt8], keys: MasterKeyRing, now: Timestamp
    ) {
        guard let text else { return nil }
        self.init(text, browserDigest: visit.digest, requestDigest: requestDigest, keys: keys, now: now)
    }
}

extension BrowserSession {
    /// As a form is bound to it.
    var sealed: FormSeal.Browser { FormSeal.Browser(session: id, generation: generation) }
}
