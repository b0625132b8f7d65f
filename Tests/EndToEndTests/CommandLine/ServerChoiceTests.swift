import Foundation
import InMemoryLogging
import Logging
import TestSupport
import Testing
import latchkey

/// Which server `token login`, `token verify` and the probe speak to, and what they say when it is the wrong one.
struct ServerChoiceTests {
    private func login(
        _ fixture: CommandLineFixture, _ options: String..., environment: [String: String] = [:]
    ) async throws -> CommandRun {
        try await fixture.run(
            ["token", "login", "--client", "web", "--user", "alice", "--password-stdin", "--access-token"] + options
                + ["--data-dir", fixture.folder.path],
            input: CommandLineFixture.password + "\n", environment: environment)
    }

    @Test func `a password goes to no address that is only a default`() async throws {
        try await withServer { other in
            // Somebody else's server on the port that would be guessed.
            let fixture = try CommandLineFixture()
            let guess = ["LATCHKEY_LISTEN": "127.0.0.1:\(try other.port)"]
            for command in [
                ["token", "login", "--client", "web", "--user", "ada", "--password-stdin"], ["token", "verify"],
                ["probe", "revocation", "--client", "web", "--user", "ada", "--password-stdin"],
            ] {
                let run = try await fixture.run(
                    command + ["--data-dir", fixture.folder.path], input: TestServer.password + "\n",
                    environment: guess)
                #expect(run.code == 1)
                #expect(
                    run.error.contains("No server runs on the data directory \(fixture.folder.path)"), "\(run.error)")
                #expect(run.error.contains("--url"))
            }
            #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("latchkey.sqlite")), "it makes nothing")
            func logins() -> Int {
                other.logs.entries.count { "\($0.message)\($0.metadata)".contains("/api/v1/login") }
            }
            #expect(logins() == 0)
            _ = try await login(fixture, "--url", other.http.base)
            #expect(logins() > 0, "named, it is asked")
        }
    }

    @Test func `without a URL it is the server of the data directory, wherever that listens`() async throws {
        let fixture = try CommandLineFixture()
        let port = try ServerProcess.freePort()
        let server = try await ServerProcess(
            folder: fixture.folder, port: port, issuer: "http://localhost:\(port)")
        defer { server.killHard() }
        try await fixture.populate()
        let login = try await login(fixture)
        #expect(login.code == 0, "\(login.error)")
        let verified = try await fixture.run("token", "verify", input: login.output)
        #expect(verified.code == 0 && verified.lines.first == "The token is valid.", "\(verified.error)")
        let probe = try await fixture.run(
            "probe", "revocation", "--client", "web", "--user", "alice", "--password-stdin", "--verifiers", "2",
            "--rounds", "1", "--warm-up", "0", "--mode", "long-poll", "--max", "10m",
            input: CommandLineFixture.password + "\n")
        #expect(probe.code == 0, "\(probe.error)")
    }

    @Test func `the probe sends no password to another server that has the issuer's address`() async throws {
        let (first, second) = (try CommandLineFixture(), try CommandLineFixture())
        let port = try ServerProcess.freePort()
        let there = try await ServerProcess(folder: first.folder, port: port, issuer: "http://localhost:\(port)")
        let here = try await ServerProcess(
            folder: second.folder, port: try ServerProcess.freePort(), issuer: "http://localhost:\(port)")
        defer { for server in [there, here] { server.killHard() } }
        try await second.populate()
        let run = try await second.run(
            "probe", "revocation", "--client", "web", "--user", "alice", "--password-stdin",
            input: CommandLineFixture.password + "\n")
        #expect(run.code == 1 && run.error.contains("Another server answers at"), "\(run.error)")
    }

    @Test func `a server that calls itself something else is told, and so is a token of another one`() async throws {
        let fixture = try CommandLineFixture()
        let server = try await ServerProcess(folder: fixture.folder, port: try ServerProcess.freePort())
        defer { server.killHard() }
        try await fixture.populate()
        let login = try await login(fixture, "--url", server.http.base)
        #expect(login.code == 0)
        #expect(
            login.error.contains(
                "the server at \(server.http.base) has the issuer http://localhost:8080, and its tokens name that issuer"
            ))
        let verified = try await fixture.run("token", "verify", "--url", server.http.base, input: login.output)
        #expect(verified.code == 0, "\(verified.error)")
        let foreign = try await fixture.run(
            "token", "verify", "--url", server.http.base, "--issuer", server.http.base, "--no-list",
            input: login.output)
        #expect(foreign.code == 1)
        #expect(foreign.error.contains("It was issued by http://localhost:8080, not by \(server.http.base)"))
    }

    @Test func `each mistake has a sentence of its own, before the password is sent`() async throws {
        let fixture = try CommandLineFixture()
        let server = try await ServerProcess(folder: fixture.folder, port: try ServerProcess.freePort())
        defer { server.killHard() }
        let proxy = try await FaultyProxy(upstream: 1, log: fixture.folder)
        let closed = try ServerProcess.freePort()
        func said(_ url: String) async throws -> String {
            let run = try await login(fixture, "--url", url)
            #expect(run.code == 1, "\(url)")
            return run.error
        }
        #expect(
            try await said("http://127.0.0.1:\(closed)")
                .contains("nothing listens on 127.0.0.1:\(closed) (connection refused)"))
        #expect(try await said("http://no-such-host.invalid").contains("the name no-such-host.invalid is not known"))
        #expect(
            try await said(server.http.base.replacing("http:", with: "https:")).contains("does not speak TLS"))
        for url in [
            "ftp://localhost", "localhost:8080", "http://", "http://a@b", "http://localhost:99999", "http://a?b",
        ] {
            #expect(try await said(url).contains("is not the address of a server"), "\(url)")
        }
        try await proxy.set("html")
        #expect(try await said(proxy.issuer).contains("is not a Latchkey server"))
        try await proxy.set("redirect")
        #expect(try await said(proxy.issuer).contains("redirects to http://127.0.0.1:1/.well-known/"))
    }

    @Test func `a command that waits for the data directory says for whom`() async throws {
        let fixture = try CommandLineFixture()
        let directory = DataDirectory(path: fixture.folder.path)
        let lock = try #require(try InstanceLock.tryTake(in: directory))
        let run = try await fixture.run("user", "list")
        withExtendedLifetime(lock) {}
        #expect(run.code == 1)
        let waiting = "Waiting for process \(ProcessInfo.processInfo.processIdentifier)"
        #expect(run.error.hasPrefix(waiting), "\(run.error)")
        #expect(run.error.contains("which holds \(fixture.folder.path)"))
    }
}

extension TestServer {
    /// Where it listens.
    fileprivate var port: Int {
        get throws { try #require(URLComponents(string: http.base)?.port) }
    }
}
