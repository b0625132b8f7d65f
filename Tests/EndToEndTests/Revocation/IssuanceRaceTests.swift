import Foundation
import LatchkeyCore
import LatchkeyTokens
import Synchronization
import TestConditions
import TestSupport
import Testing

/// Two hundred issuances on the real clock, while users, clients and everybody are revoked.
struct IssuanceRaceTests {
    private struct Issued: Sendable {
        let token: String
        let asked: ContinuousClock.Instant
        let answered: ContinuousClock.Instant
    }

    private struct Mark: Sendable {
        let kind: String
        let id: String?
        let issuedBefore: Int
        let asked: ContinuousClock.Instant
        let answered: ContinuousClock.Instant
    }

    private final class Ledger: Sendable {
        let issued = Mutex<[Issued]>([])
        let marks = Mutex<[Mark]>([])
        let refused = Mutex<[String]>([])

        /// Asks once and keeps what came. A refusal must be a clean one.
        func ask(_ request: () async throws -> TestResponse) async throws -> TestResponse {
            let asked = ContinuousClock.now
            let answer = try await request()
            if answer.status == 200, let token = answer["access_token"] {
                issued.withLock { $0.append(Issued(token: token, asked: asked, answered: .now)) }
            } else {
                let reason = answer["latchkey_reason"] ?? answer["code"] ?? answer["error"] ?? "\(answer.status)"
                refused.withLock { $0.append(reason) }
            }
            return answer
        }
    }

    @Test func `no token outlives its revocation and none is born revoked`() async throws {
        try await withServer { server in
            let ada = try await server.addUser("ada")
            try await server.addUser("bob")
            try await server.addClient("spa")
            try await server.addClient("app")
            let secret = try await server.addConfidentialClient()
            let ledger = Ledger()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<20 {
                    group.addTask { try await work(worker, server, secret, ledger) }
                }
                group.addTask {
                    let orders: [(String, String?)] = [
                        ("user", ada.id.description), ("client", "spa"), ("all", nil), ("client", "service"),
                    ]
                    for (index, (kind, id)) in orders.enumerated() {
                        // After so many answers, so that there is something to revoke and something still to come.
                        try await eventually("enough answers") {
                            ledger.issued.withLock(\.count) + ledger.refused.withLock(\.count) >= 25 + index * 45
                        }
                        let asked = ContinuousClock.now
                        let answer = try await server.revoke(kind, id)
                        let before = try #require(answer.integer("iat_before"), "\(answer.text)")
                        ledger.marks.withLock {
                            $0.append(
                                Mark(kind: kind, id: id, issuedBefore: Int(before), asked: asked, answered: .now))
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await judge(ledger, server)
        }
    }

    /// Ten issuances, one after the other: by password, by refresh token, or by a client for itself.
    private func work(_ worker: Int, _ server: TestServer, _ secret: String, _ ledger: Ledger) async throws {
        let user = worker % 2 == 0 ? "ada" : "bob"
        let client = worker % 4 < 2 ? "spa" : "app"
        var refresh: String?
        for _ in 0..<10 {
            let answer: TestResponse
            if worker % 5 == 4 {
                answer = try await ledger.ask { try await server.clientCredentials(secret: secret) }
            } else if let token = refresh {
                answer = try await ledger.ask { try await server.refresh(token, client: client) }
            } else {
                answer = try await ledger.ask { try await server.login(user, client: client) }
            }
            refresh = answer["refresh_token"]
        }
    }

    private func judge(_ ledger: Ledger, _ server: TestServer) async throws {
        let issued = ledger.issued.withLock { $0 }
        let marks = ledger.marks.withLock { $0 }
        let refused = ledger.refused.withLock { $0 }
        #expect(issued.count + refused.count == 200)
        #expect(issued.count >= 120, "\(issued.count) issued, refused: \(refused)")
        // A session that a watermark has ended, or so many revocations at once that it is better to come back.
        #expect(Set(refused).isSubset(of: ["revoked", "temporarily_unavailable"]), "\(Set(refused))")
        #expect(marks.count == 4)

        let reader = PollingReader(server.http)
        try await reader.fetchKeys()
        try await reader.poll()
        #expect(await reader.entries.filter { $0.iat_before != nil }.count == 4)
        var outcomes = (dead: 0, alive: 0)
        for one in issued {
            let claims = try PollingReader.claims(one.token)
            for mark in marks where Self.concerns(mark, claims) {
                if one.answered < mark.asked {
                    #expect(claims.iat <= mark.issuedBefore, "a token outlives a later revocation of kind \(mark.kind)")
                }
                if one.asked > mark.answered {
                    #expect(claims.iat > mark.issuedBefore, "a token was born revoked by kind \(mark.kind)")
                }
            }
            // List and API are of one mind about each of them.
            let verdict = try await reader.judge(one.token)
            let status = try await server.http.authorised("GET", "/api/v1/me", bearer: one.token).status
            if marks.contains(where: { Self.concerns($0, claims) && claims.iat <= $0.issuedBefore }) {
                guard case .revoked = verdict else {
                    Issue.record("iat \(claims.iat) is covered, but the verdict is \(verdict)")
                    continue
                }
                #expect(status == 401)
                outcomes.dead += 1
            } else {
                #expect(verdict == .accepted)
                outcomes.alive += 1
            }
        }
        #expect(outcomes.dead > 20 && outcomes.alive > 20, "\(outcomes)")
    }

    private static func concerns(_ mark: Mark, _ claims: ServiceClaims) -> Bool {
        switch mark.kind {
        case "user": claims.sub == mark.id
        case "client": claims.client_id == mark.id
        default: true
        }
    }
}
