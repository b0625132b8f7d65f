import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// `/metrics` as a scraper reads it: parsed line by line against the text format, labels held to closed sets.
struct MetricsTests {
    private struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    private struct NoMetric: Error, CustomStringConvertible { let description: String }

    /// The text exposition format 0.0.4: comments, then `name{label="value",…} number`.
    private func parse(_ text: String) throws -> (samples: [Sample], kinds: [String: String]) {
        guard text.hasSuffix("\n") else { throw NoMetric(description: "the last line has no end") }
        var samples: [Sample] = []
        var kinds: [String: String] = [:]
        let line = try Regex(
            #"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$"#, as: (Substring, Substring, Substring?, Substring).self)
        let label = try Regex(
            #"([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)"#, as: (Substring, Substring, Substring).self)
        for row in text.split(separator: "\n") {
            if row.hasPrefix("# TYPE ") {
                let words = row.split(separator: " ")
                guard words.count == 4, kinds[String(words[2])] == nil else { throw NoMetric(description: "\(row)") }
                kinds[String(words[2])] = String(words[3])
                continue
            }
            if row.hasPrefix("# HELP ") { continue }
            guard let match = try line.wholeMatch(in: row), let value = Double(match.3) else {
                throw NoMetric(description: "\(row)")
            }
            var labels: [String: String] = [:]
            var covered = 0
            for pair in (match.2 ?? "").matches(of: label) {
                labels[String(pair.1)] = String(pair.2)
                covered += pair.0.count
            }
            guard covered == (match.2 ?? "").count else { throw NoMetric(description: "\(row)") }
            samples.append(Sample(name: String(match.1), labels: labels, value: value))
        }
        return (samples, kinds)
    }

    private func scrape(_ server: TestServer) async throws -> (samples: [Sample], kinds: [String: String]) {
        try parse(try await server.http.get("/metrics").text)
    }

    @Test(.onSQLite) func `a server with a database of its own has no figures of sharing`() async throws {
        try await withServer { server in
            let names = Set(try await scrape(server).samples.map(\.name))
            #expect(names.contains("latchkey_write_ahead_log_bytes") && names.contains("latchkey_database_bytes"))
            #expect(names.isDisjoint(with: ["latchkey_turn_seconds_count", "latchkey_hot_set_size_count"]))
            #expect(names.isDisjoint(with: ["latchkey_database_look_age_seconds", "latchkey_store_conflicts_total"]))
        }
    }

    @Test func `labels come from closed sets, whatever is asked for`() async throws {
        try await withServer { server in
            let user = try await server.addUser("zebulon")
            try await server.addClient()
            let login = try await server.login("zebulon")
            let access = try #require(login["access_token"])
            let sid = try #require(try PollingReader.claims(access).sid)
            _ = try await server.login("zebulon", password: "a-wrong-password-of-mine")
            for path in [
                "/secret-path-one", "/api/v1/admin/users/\(user.id)", "/api/v1/sessions/\(sid)", "/..%2Fetc", "/%22%0A",
                "/api/v1/admin/sessions/\(sid)/explain", "/.well-known/jwks.json?x=y",
            ] {
                for method in ["GET", "PUT", "PROPFIND"] { _ = try await server.http.send(method, path) }
            }
            let (samples, kinds) = try await scrape(server)
            let document = try StrictJSON.parseObject(
                try await server.http.get("/openapi.json").body, maximumLength: 1 << 20)
            let templates = Set((document["paths"]?.object?.members ?? []).map(\.name))
            let routes = samples.compactMap { $0.labels["route"] }
            #expect(routes.contains("/api/v1/login"))
            #expect(Set(routes).subtracting(templates) == ["unmatched"])
            let methods = Set(samples.compactMap { $0.labels["method"] })
            #expect(methods.isSubset(of: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"]))
            #expect(methods.contains("other"))
            let names = Set(samples.flatMap(\.labels.keys))
            #expect(names.isSubset(of: ["method", "route", "status", "le", "runs"]), "\(names)")
            for sample in samples {
                let family = kinds[sample.name] ?? kinds[sample.name.replacing(/_(bucket|sum|count)$/, with: "")]
                #expect(family != nil, "\(sample.name) has no type")
                #expect(family != "counter" || sample.value >= 0)
            }
            let text = try await server.http.get("/metrics").text
            for private_ in ["secret-path", "\(user.id)", sid, "zebulon", "PROPFIND", "127.0.0.1"] {
                #expect(!text.contains(private_), "\(private_)")
            }
        }
    }

    @Test func `counters count and histograms add up`() async throws {
        try await withServer { server in
            func logins(_ status: String) async throws -> Double {
                try await scrape(server).samples.first {
                    $0.name == "http_requests_total" && $0.labels["route"] == "/api/v1/login"
                        && $0.labels["status"] == status
                }?.value ?? 0
            }
            try await server.addUser()
            try await server.addClient()
            for _ in 0..<3 { _ = try await server.login() }
            for _ in 0..<2 { _ = try await server.login(password: "a-wrong-password-of-mine") }
            #expect(try await logins("200") == 3)
            #expect(try await logins("401") == 2)
            let samples = try await scrape(server).samples.filter { $0.labels["route"] == "/api/v1/login" }
            let buckets = samples.filter { $0.name == "http_request_duration_seconds_bucket" }
                .compactMap { sample in sample.labels["le"].map { (le: $0, count: sample.value) } }
            #expect(buckets.last?.le == "+Inf")
            #expect(buckets.last?.count == 5)
            #expect(buckets.map(\.count) == buckets.map(\.count).sorted(), "buckets are cumulative")
            #expect(samples.first { $0.name == "http_request_duration_seconds_count" }?.value == 5)
            #expect(samples.first { $0.name == "http_request_duration_seconds_sum" }.map { $0.value > 0 } == true)
        }
    }

    @Test(arguments: ["public", "clients"])
    func `a poller's invented names cannot grow the metrics without end`(access: String) async throws {
        try await withServer(["revocations.access": access]) { server in
            for number in 0..<1500 {
                server.services.feed.noteConsumer("c\(number)", acknowledged: nil, address: "127.0.0.1")
            }
            let samples = try await scrape(server).samples
            #expect(samples.first { $0.name == "latchkey_revocation_consumers" }?.value == 1000)
            // Anyone may poll a public list under any name; names of authenticated clients are a closed set.
            let perFamily = access == "public" ? 1 : 1000
            #expect(samples.filter { $0.name == "latchkey_consumer_lag_seconds" }.count == perFamily)
            #expect(samples.filter { $0.name == "latchkey_consumer_lag_entries" }.count == perFamily)
            #expect(samples.filter { $0.labels["consumer"] != nil }.count == (access == "public" ? 0 : 2000))
        }
    }
}
