import LatchkeyBytes

/// Hashes of other systems that are recognised and not imported, each with its reason: an operator who moves users over
/// learns what is in the table, and not only that it was refused.
enum UnreadableHash: Sendable, CaseIterable {
    case empty
    case unusable
    case plain
    case md5
    case sha
    case shaCrypt
    case desCrypt
    case yescrypt
    case phpass
    case drupal
    case wordPress
    case firebase
    case ntlm

    /// One sentence about the hash and one about what to do.
    var refusal: MalformedPasswordHash {
        MalformedPasswordHash(reason + " Create the account with user add and another password.")
    }

    private var reason: String {
        switch self {
        case .empty: "The hash is empty."
        case .unusable: "The hash marks an account without a usable password, or one that is locked."
        case .plain: "This is a password in plain text and not a hash."
        case .md5: "MD5, with or without salt and rounds, is guessed too quickly to be kept."
        case .sha: "SHA, bare or with a salt ({SSHA} and its kind), is guessed too quickly to be kept."
        case .shaCrypt:
            "SHA-crypt ($5$, $6$) is not read: its cost grows with the length of the password that somebody sends."
        case .desCrypt: "DES crypt looks at eight characters and is guessed too quickly to be kept."
        case .yescrypt: "yescrypt ($y$, $gy$, $7$) is not read."
        case .phpass: "phpass ($P$, $H$; WordPress, phpBB) is MD5 in rounds, guessed too quickly to be kept."
        case .drupal: "The hash of Drupal ($S$) is not read."
        case .wordPress: "The hash of WordPress since 6.8 ($wp$) is not read."
        case .firebase:
            "Firebase's scrypt is not read: it encrypts a key of the project, and the hash alone cannot be verified."
        case .ntlm: "The NT hash is bare MD4, guessed too quickly to be kept."
        }
    }

    /// The kind of a text that no reader accepts, if it can be recognised.
    init?(_ text: ArraySlice<UInt8>) {
        if text.isEmpty {
            self = .empty
        } else if let known = Self.beginnings.first(where: { text.starts(with: $0.0.utf8) }) {
            self = known.1
        } else if let known = Self.inBraces(text) ?? Self.bare(text) {
            self = known
        } else {
            return nil
        }
    }

    private static let beginnings: [(String, UnreadableHash)] = [
        ("!", .unusable), ("$1$", .md5), ("$apr1$", .md5), ("$md5", .md5), ("md5$", .md5), ("unsalted_md5$", .md5),
        ("sha1$", .sha), ("unsalted_sha1$", .sha), ("$5$", .shaCrypt), ("$6$", .shaCrypt), ("$sha1$", .sha),
        ("$y$", .yescrypt), ("$gy$", .yescrypt), ("$7$", .yescrypt), ("$P$", .phpass), ("$H$", .phpass),
        ("$S$", .drupal), ("$wp$", .wordPress), ("U$P$", .phpass), ("$fbscrypt$", .firebase), ("$firebase", .firebase),
        ("$firescrypt$", .firebase), ("$3$", .ntlm), ("_", .desCrypt), ("crypt$", .desCrypt),
    ]

    /// LDAP's and Spring Security's names, compared without case.
    private static func inBraces(_ text: ArraySlice<UInt8>) -> UnreadableHash? {
        guard text.first == UInt8(ascii: "{"), let end = text.firstIndex(of: UInt8(ascii: "}")) else { return nil }
        let name = text[(text.startIndex + 1)..<end].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        let names: [(String, UnreadableHash)] = [
            ("sha256-crypt", .shaCrypt), ("sha512-crypt", .shaCrypt), ("ssha", .sha), ("sha", .sha), ("smd5", .md5),
            ("md5", .md5), ("plain-md5", .md5), ("md4", .ntlm), ("nt", .ntlm), ("noop", .plain), ("clear", .plain),
            ("plain", .plain), ("firebase", .firebase), ("crypt", .desCrypt), ("des-crypt", .desCrypt),
        ]
        return names.first { name.starts(with: $0.0.utf8) }?.1
    }

    /// Digests without a name, by their length.
    private static func bare(_ text: ArraySlice<UInt8>) -> UnreadableHash? {
        let isMySQL = text.first == UInt8(ascii: "*") && text.count == 41
        let digits = isMySQL ? text.dropFirst() : text
        if digits.allSatisfy({ Hexadecimal.value(of: $0) != nil }) {
            switch digits.count {
            case 32: return .md5
            case 40, 56, 64, 96, 128: return .sha
            default: break
            }
        }
        if text.first == UInt8(ascii: "*") || text.elementsEqual("x".utf8) { return .unusable }
        // 64 bytes in base64 of either alphabet, padded: the passwordHash of a Firebase export.
        let isBase64 = text.dropLast(2).allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "+/-_".utf8.contains(byte)
            }
        }
        return text.count == 88 && isBase64 && text.suffix(2).elementsEqual("==".utf8) ? .firebase : nil
    }
}
