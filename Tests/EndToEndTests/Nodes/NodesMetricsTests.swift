#if Postgres
    import TestSupport
    import Testing

    /// `/metrics` of a node.
    struct NodesMetricsTests {
        private func value(_ name: String, in page: String) throws -> Double {
            let line = try #require(
                page.split(separator: "\n").first { $0.hasPrefix(name + " ") }, "\(name) is not on the page")
            return try #require(Double(line.dropFirst(name.utf8.count + 1)), "\(line)")
        }

        @Test func `each node tells of its commits, its waits for the turn and its sets`() async throws {
            try await withNodes(2) { nodes in
                try await nodes[0].addUser()
                try await nodes[0].addClient()
                let login = try await nodes[0].login()
                let refresh = try #require(login["refresh_token"])
                #expect(try await nodes[0].refresh(refresh).status == 200)
                let page = try await nodes[0].http.get("/metrics").text
                let (turns, others) = (#"{runs="alone"}"#, #"{runs="beside"}"#)
                #expect(try value("latchkey_turn_seconds_count\(turns)", in: page) > 0)
                #expect(try value("latchkey_turn_seconds_sum\(turns)", in: page) > 0)
                #expect(try value("latchkey_turn_seconds_count\(others)", in: page) > 0)
                #expect(try value("latchkey_hot_set_size_count", in: page) == 1)
                #expect(try value("latchkey_hot_set_size_sum", in: page) == 1)
                #expect(try value("latchkey_store_transactions_total", in: page) > 0)
                #expect(try value("latchkey_store_commit_seconds_sum", in: page) > 0)
                #expect(try value("latchkey_database_bytes", in: page) > 1_000_000)
                #expect(try value("latchkey_old_primary_connections_total", in: page) == 0)
                #expect(try value("latchkey_database_look_age_seconds", in: page) >= 0)
                #expect(!page.contains("write_ahead_log"), "PostgreSQL keeps one for all its databases")
                // The other one has counted what it did itself.
                let other = try await nodes[1].http.get("/metrics").text
                #expect(try value("latchkey_hot_set_size_count", in: other) == 0)
                #expect(try value("latchkey_users", in: other) == 1)
            }
        }
    }
#endif
