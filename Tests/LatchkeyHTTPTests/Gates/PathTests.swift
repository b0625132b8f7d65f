import LatchkeyHTTP
import Testing

struct PathTests {
    @Test(arguments: [
        ("0199b0f2-0000-7000-8000-000000000000", "0199b0f2-0000-7000-8000-000000000000"), ("a/b", "a%2Fb"),
        ("..", ".."), ("a?b#c", "a%3Fb%23c"), ("{user}", "%7Buser%7D"), ("e\u{301}", "e%CC%81"), ("\r\n", "%0D%0A"),
        ("", ""),
    ])
    func `what stands in a path is one segment of it, whatever it is`(text: String, segment: String) {
        #expect(AdminPath.path(AdminPath.oneUser, text) == "/api/v1/admin/users/" + segment)
        #expect(AdminPath.path(AdminPath.disableUser, text) == "/api/v1/admin/users/\(segment)/disable")
    }
}
