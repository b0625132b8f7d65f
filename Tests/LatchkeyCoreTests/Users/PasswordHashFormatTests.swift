import Argon2
import Testing

@testable import LatchkeyCore

/// Made with passlib 1.7.4, Python's hashlib and bcrypt 5.0.0.
enum ImportedHashes {
    static let password = "correct horse battery staple"
    static let all = [
        "$2a$04$s3lERlRG02S96YPUa0Iu.uEnwBb7sLCOzZxhhcH21jVJ/lwS7CkFa",
        "$2b$04$r.pnAr/O62gT12a8jVpOz.exak9hrcjYhUF3ag2g7AWPyxazSIEK6",
        "$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$0Pz6RuN9WCY6OfE3FYH5Myx0JqvNjul84VbFyWLBf4g",
        "$scrypt$ln=10,r=1,p=2$+/+/+/+/+/+/+/+/+/+/$ie/WebIEUd+tGGQimkN80hPNOn1URPdfhVFUSIpvfxI",
        "$pbkdf2-sha256$1000$././././././././././$NcdHjwkOL0NAJiPA8/ttWhALdYIlD5tRreQe/zwJcUI",
        "$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$"
            + "5bTW2oeyDJyGJPcmEr.mRDE11ghpozWrDGnSNhRXo2ZCu0KHRDiUMAVEGzLJC.oDhRoeIja9J1iLIv9ptDJMfQ",
        "$pbkdf2$1000$MDEyMzQ1Njc4OWFiY2RlZg$wmIXv0mv7iouqkc9CKjRvCX21po",
        "pbkdf2_sha256$1000$saltySALT012$ZPUQw416Di/W0Ju8hTIvJDvx+FFV/Wcb1ec8v1ZJsqw=",
        "pbkdf2_sha1$1000$saltySALT012$LhzocHb+pt+rFHp6vpnPC3OzpfI=",
    ]
}

struct PasswordHashFormatTests {
    private static let key = "0Pz6RuN9WCY6OfE3FYH5Myx0JqvNjul84VbFyWLBf4g"
    private static let sha256Key = "NcdHjwkOL0NAJiPA8/ttWhALdYIlD5tRreQe/zwJcUI"

    @Test(arguments: [
        "", "plain", "$1$salt$hash", "$5$rounds=5000$salt$hash", "{SSHA}abcd", "$argon2id$", "$scrypt$", "$pbkdf2",
        "$argon2id$v=19$m=4194305,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$uY9WsgHPJQ2mnbxUxnHX1wuXcFvZ6aZg4mO0RU9Bq0c",
        "$2b$15$r.pnAr/O62gT12a8jVpOz.exak9hrcjYhUF3ag2g7AWPyxazSIEK6",
        "$2x$04$r.pnAr/O62gT12a8jVpOz.exak9hrcjYhUF3ag2g7AWPyxazSIEK6",
    ])
    func `a form that is not known or asks for too much is refused`(text: String) {
        #expect(throws: MalformedPasswordHash.self) { try PasswordHashFormat(parsing: text) }
    }

    @Test(arguments: [
        "ln=21,r=8,p=1", "ln=18,r=9,p=1", "ln=4,r=129,p=1", "ln=4,r=64,p=4", "ln=0,r=8,p=1", "ln=16,r=1,p=1",
        "ln=04,r=8,p=1", "ln=+4,r=8,p=1", "ln=4,r=8", "r=8,ln=4,p=1", "ln=4,r=8,p=1,x=1", "ln=9999999999,r=8,p=1",
        "ln=-4,r=8,p=1", "ln=٤,r=8,p=1", "",
    ])
    func `scrypt costs out of bounds or oddly written are refused`(cost: String) {
        #expect(throws: MalformedPasswordHash.self) {
            try PasswordHashFormat(parsing: "$scrypt$\(cost)$MDEyMzQ1Njc4OWFiY2RlZg$\(Self.key)")
        }
    }

    @Test(arguments: [
        ("", key), ("MDEyMzQ1Njc4OWFiY2RlZg=", key), ("MDEyMzQ1Njc4OWFiY2RlZh", key), ("MDEy_zQ1", key),
        ("MDEy.zQ1", key),
        ("MDEyMzQ1", ""), ("MDEyMzQ1", "c2hvcnQ"), ("MDEyMzQ1", key + key + key), ("MDEyMzQ1", key + "=="),
    ])
    func `scrypt salts and keys are base64 of sensible lengths`(salt: String, key: String) {
        #expect(throws: MalformedPasswordHash.self) {
            try PasswordHashFormat(parsing: "$scrypt$ln=4,r=8,p=1$\(salt)$\(key)")
        }
    }

    @Test(arguments: [
        "$pbkdf2-sha256$0$MDEyMzQ1$\(sha256Key)", "$pbkdf2-sha256$10000001$MDEyMzQ1$\(sha256Key)",
        "$pbkdf2-sha256$01000$MDEyMzQ1$\(sha256Key)", "$pbkdf2-sha256$1e3$MDEyMzQ1$\(sha256Key)",
        "$pbkdf2-sha256$1000$$\(sha256Key)", "$pbkdf2-sha256$1000$MD-yMzQ1$\(sha256Key)",
        "$pbkdf2-sha256$1000$MDEyMzQ1$c2hvcnQ", "$pbkdf2-sha512$1000$MDEyMzQ1$\(sha256Key)\(sha256Key)",
        "$pbkdf2-md5$1000$MDEyMzQ1$\(sha256Key)", "$pbkdf2-sha256$1000$MDEyMzQ1$\(sha256Key)$",
        "$pbkdf2-sha256$1000$MDEyMzQ1$\(sha256Key)==",
        "pbkdf2_sha256$1000$salt$ZPUQw416Di/W0Ju8hTIvJDvx+FFV/Wcb1ec8v1ZJsqw==",
        "pbkdf2_sha256$1000$$ZPUQw416Di/W0Ju8hTIvJDvx+FFV/Wcb1ec8v1ZJsqw=",
        "pbkdf2_md5$1000$salt$ZPUQw416Di/W0Ju8hTIvJDvx+FFV/Wcb1ec8v1ZJsqw=",
    ])
    func `PBKDF2 hashes out of bounds or oddly written are refused`(text: String) {
        #expect(throws: MalformedPasswordHash.self) { try PasswordHashFormat(parsing: text) }
    }

    @Test(arguments: ImportedHashes.all)
    func `a hash with any one character lost or doubled is never read as the same`(text: String) {
        let whole = String(describing: try? PasswordHashFormat(parsing: text))
        #expect(whole != "nil")
        for index in text.indices {
            var shorter = text
            shorter.remove(at: index)
            var longer = text
            longer.insert(text[index], at: index)
            // Padding may be left out; doubled it is refused.
            for altered in text[index] == "=" ? [longer] : [shorter, longer] where altered != text {
                #expect(String(describing: try? PasswordHashFormat(parsing: altered)) != whole)
            }
        }
    }

    @Test func `a refusal never quotes the hash`() throws {
        let text = "$pbkdf2-sha256$1000$MDEyMzQ1$secretsecret"
        let fault = #expect(throws: MalformedPasswordHash.self) { try PasswordHashFormat(parsing: text) }
        #expect(try #require(fault).description.contains("secretsecret") == false)
    }

    @Test func `everything but current Argon2id needs a rehash`() throws {
        for text in ImportedHashes.all {
            #expect(try PasswordHashFormat(parsing: text).needsRehash(for: .default))
        }
    }
}
