import LatchkeyCore
import LatchkeyTokens
import Testing

@testable import LatchkeyHTTP

struct ResourceBodyTests {
    @Test func `a member that is not known is refused and not echoed`() {
        let refusal = #expect(throws: Refusal.self) {
            try UserUpdate.decode(Array(#"{"rolez":["admin"]}"#.utf8))
        }
        #expect(refusal?.code == .invalidRequest)
        #expect(
            refusal?.detail == "The body has an unknown member. Known members: "
                + "claims, display_name, email, email_verified, locale, must_change_password, name, roles, zoneinfo."
        )
    }

    @Test(arguments: [
        (#"{"name":"x"}"#, "The member password is missing."),
        (#"{"name":7,"password":"canary"}"#, "The member name has the wrong type or an unknown value."),
        (#"{"name":"x","password":["canary"]}"#, "The member password has the wrong type or an unknown value."),
    ])
    func `a refusal names the member and never its value`(json: String, detail: String) {
        let refusal = #expect(throws: Refusal.self) { try UserCreate.decode(Array(json.utf8)) }
        #expect(refusal?.detail == detail)
    }

    @Test(arguments: [#"{"name":"a","name":"b"}"#, "[]", "", "{", #"{"name":"\u0000"}"#])
    func `JSON that readers could read differently is refused`(json: String) {
        #expect(throws: Refusal(.invalidRequest, "")) { try UserUpdate.decode(Array(json.utf8)) }
    }

    @Test func `a misspelt member inside an import line is refused with its position`() {
        let json = #"{"lines":[{"name":"a","password_hash":"h"},{"name":"b","password_hash":"h","role":["x"]}]}"#
        let refusal = #expect(throws: Refusal.self) { try UserImportRequest.decode(Array(json.utf8)) }
        #expect(refusal?.detail == "The member lines.1 has the wrong type or an unknown value.")
    }

    @Test func `a secret in JSON shows in no description`() throws {
        let create = try UserCreate.decode(Array(#"{"name":"x","password":"canary"}"#.utf8))
        #expect(create.password.exposed == "canary")
        var dumped = ""
        dump(create, to: &dumped)
        #expect(!dumped.contains("canary"))
        #expect(!"\(create)".contains("canary"))
        #expect(!String(reflecting: create).contains("canary"))
    }
}
