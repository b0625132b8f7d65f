import HTTPTypes
import LatchkeyCore
import NIOCore
import Testing

@testable import LatchkeyHTTP

struct ListQueryTests {
    private func query(_ text: String) throws -> ListQuery {
        var request = Request(method: .get, query: text, headers: HTTPFields(), body: ByteBuffer())
        request.parameters = try QueryRule.documented("GET /api/v1/admin/audit").read(text)
        return ListQuery(request)
    }

    @Test(arguments: ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit=99999999999999999999", "limit="])
    func `a limit out of 1 to 1000 is refused`(text: String) throws {
        #expect(throws: Refusal(.invalidRequest, "")) { try query(text).page() }
    }

    @Test func `a parameter given twice is refused`() {
        #expect(throws: Refusal(.invalidRequest, "")) { try query("limit=1&limit=2") }
    }

    @Test(arguments: [("limit=1", 1), ("limit=1000", 1000), ("", 100)])
    func `a limit in range is taken, and 100 without one`(text: String, limit: Int) throws {
        #expect(try query(text).page().limit == limit)
    }

    @Test func `an unknown value of a filter is refused with the list of known ones`() throws {
        let rule = QueryRule.documented("GET /api/v1/admin/sessions")
        let refusal = #expect(throws: Refusal.self) { try rule.read("state=alive") }
        #expect(refusal?.code == .invalidRequest)
        #expect(refusal?.detail == "The parameter state must be one of: active, ended.")
    }

    @Test(arguments: ["client=a%20b", "session=1"])
    func `an id that cannot be one is refused`(text: String) throws {
        let query = try query(text)
        #expect(throws: Refusal(.invalidRequest, "")) {
            _ = try query.client()
            _ = try query.session()
        }
    }
}
