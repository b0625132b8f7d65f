import Foundation
import LatchkeyTokens
import TestSupport
import Testing

/// The application that the documentation prints.
@Suite(.enabled(if: ApplicationPackages.mayRun(.python), "\(ApplicationPackages.whereFrom)"))
struct QuickStartTests {
    @Test func `the web application of the documentation signs a user in and out`() async throws {
        // As a reader has it: plain HTTP on loopback.
        try await Issuer.with(tls: false) { issuer in
            let port = try ServerProcess.freePort()
            let client = try await issuer.addClient("shop", port: port, callback: "/callback", left: "/")
            let text = try DocumentedBlock.text(
                "python", of: "StandardClients.md", [("http://localhost:8080", issuer.url)])
            let file = issuer.server.folder.file("shop.py")
            try Data(text.utf8).write(to: URL(filePath: file))
            var environment = issuer.environment(of: client)
            environment["SHOP_SECRET"] = client.secret
            let shop = try await ApplicationProcess(
                [ApplicationPackages.python.program, "-m", "flask", "--app", file, "run", "--port", "\(port)"],
                port: port, environment: environment, folder: issuer.server.folder)
            let browser = issuer.browser()
            let page = try await browser.go(.open(shop.origin), .follow("Sign in"), .signIn())
            #expect(page.text?.contains("Hello ada") == true, "\(page.way)\n\(shop.tail)")
            let out = try await browser.go(.follow("Sign out"))
            #expect(out.text == "Sign in", "\(out.way)\n\(shop.tail)")
            let form = try await browser.go(.follow("Sign in"))
            #expect(form.fields?.contains("password") == true, "\(form.way)")
        }
    }
}
