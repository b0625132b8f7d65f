import Foundation
import LatchkeyHTTP
import LatchkeyTokens
import LatchkeyVerifier

/// Measures from outside how long verifiers accept a token after its session has ended: sign in, let every verifier
/// accept the token, sign out, note when each one refuses.
struct RevocationProbe: Sendable {
    let login: PasswordLogin
    let roots: TrustRoots
    let verifiers: Int
    let rounds: Int
    let warmUp: Int

    /// How long to wait for a refusal before the verifier counts as one that never refused.
    private static let patience: Duration = .seconds(30)
    /// The verifiers' name where the list is public.
    private static let consumer = "latchkey-probe"

    /// - Returns: one latency for each round and verifier, without the warm-up; `nil` if none came in time.
    /// - Throws: ``CommandFailure`` when a sign-in, a sign-out or a verifier does not work at all.
    func measure(_ polling: TokenVerifier.PollingMode) async throws -> [Duration?] {
        let first = try await signIn()
        try await checkList()
        let services = (0..<verifiers).map { _ in
            var configuration = TokenVerifier.Configuration(
                issuer: first.claims.issuer, audience: first.claims.audience[0], server: login.server.url)
            configuration.trustRoots = roots
            configuration.polling = polling
            configuration.consumer = Self.consumer
            configuration.credentials = login.secret.map { .client(id: login.client, secret: $0.exposed) }
            return TokenVerifier(configuration)
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services { group.addTask { await service.run() } }
            defer { group.cancelAll() }
            for service in services {
                guard await service.waitUntilReady() else {
                    throw CommandFailure(
                        "A verifier got no keys or no fresh list from \(login.server.name) within 30 s.")
                }
            }
            var latencies: [Duration?] = []
            for round in 0..<warmUp + rounds {
                let session = round == 0 ? first : try await signIn()
                let measured = try await self.round(session, services)
                if round >= warmUp { latencies += measured }
            }
            return latencies
        }
    }

    /// Makes the server forget the verifiers, which have stopped: in its figures they would look like removed services.
    /// It has no effect on a server that does not know the parameter or is gone.
    func leave() async {
        _ = try? await login.server.send(
            "GET", PublicPath.revocations + "?consumer=\(Self.consumer)&leave=true",
            fields: login.secret == nil ? [] : [login.authorization])
    }

    /// Reports at once a problem that the verifiers would only find by waiting.
    private func checkList() async throws {
        let answer = try await login.server.send(
            "GET", PublicPath.revocations, fields: login.secret == nil ? [] : [login.authorization])
        guard answer.status == 200 else {
            throw CommandFailure(
                "The revocation list was answered with status \(answer.status). If revocations.access is clients, "
                    + "probe through a confidential client with --confidential.")
        }
    }

    private struct SignIn: Sendable {
        let token: String
        let claims: AccessTokenClaims
    }

    private func signIn() async throws -> SignIn {
        let token = try await login.run().accessToken.exposed
        do {
            return SignIn(token: token, claims: try UnverifiedToken(parsing: token).unverifiedClaims())
        } catch {
            throw CommandFailure("The server's token cannot be read: \(error).")
        }
    }

    private func round(_ session: SignIn, _ services: [TokenVerifier]) async throws -> [Duration?] {
        for service in services {
            do {
                // May fetch a key that is new since the start.
                _ = try await service.verify(session.token)
            } catch {
                throw CommandFailure("A verifier refuses the token before it is revoked: \(error).")
            }
        }
        return try await withThrowingTaskGroup(of: ContinuousClock.Instant?.self) { group in
            for service in services {
                group.addTask { await Self.refusal(of: session.token, by: service) }
            }
            // Every watcher has seen its verifier accept the token before the sign-out is sent.
            let start = ContinuousClock.now
            try await signOut(session.token)
            var latencies: [Duration?] = []
            for try await instant in group { latencies.append(instant.map { $0 - start }) }
            return latencies
        }
    }

    /// When the verifier refuses the token as revoked; `nil` if it has not in time.
    private static func refusal(of token: String, by service: TokenVerifier) async -> ContinuousClock.Instant? {
        await withTaskGroup(of: ContinuousClock.Instant?.self) { group in
            group.addTask {
                for await _ in service.updates() where isRevoked(token, by: service) { return .now }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private static func isRevoked(_ token: String, by service: TokenVerifier) -> Bool {
        do throws(VerificationError) {
            _ = try service.verifyNow(token)
            return false
        } catch {
            return error == .revoked
        }
    }

    private func signOut(_ token: String) async throws {
        let answer = try await login.server.send(
            "POST", PublicPath.logout, fields: [("Authorization", "Bearer \(token)")])
        guard answer.status == 204 else {
            throw CommandFailure("Signing out was answered with status \(answer.status).")
        }
    }
}
