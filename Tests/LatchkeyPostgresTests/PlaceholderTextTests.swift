#if Postgres
    import Testing

    @testable import LatchkeyPostgres

    struct PlaceholderTextTests {
        @Test(arguments: [
            ("SELECT ?", "SELECT $1"), ("? ? ?", "$1 $2 $3"), ("?2 ?1 ?12", "$2 $1 $12"), ("", ""), ("a", "a"),
            ("'?' = ?", "'?' = $1"), ("\"a?\" = ?", "\"a?\" = $1"), ("'it''s ?' = ?", "'it''s ?' = $1"),
            ("é ? ü", "é $1 ü"),
        ])
        func `parameters get numbers, and quotes are left alone`(text: String, numbered: String) {
            #expect(PlaceholderText.numbered(text) == numbered)
        }
    }
#endif
