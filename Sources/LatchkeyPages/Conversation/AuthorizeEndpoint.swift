import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens
import NIOCore

/// `GET /oauth2/authorize` (RFC 6749 3.1): where clients send people to sign in. A `POST` goes on as a `GET`, because a
/// browser sends no Lax cookie with a form of another site, and single sign-on would be lost.
struct AuthorizeEndpoint: Sendable {
    let pages: PageServices

    var routes: [Route] {
        [
            Route(.get, PagePath.authorize, "authorize", errors: .page, query: .unread, .open(get)),
            Route(.post, PagePath.authorize, "authorizeByForm", errors: .page, query: .unread, .open(post)),
        ]
    }

    private func get(_ request: Request, _ context: RequestContext) async throws -> Response {
        let conversation = PageConversation(pages: pages, request, context, isForm: false)
        return try await conversation.answer {
            try AuthorizationParameters((request.query ?? "").utf8)
        } then: {
            parameters, asked in
            let visitor = Visitor(request, context, pages)
            do {
                let answer = try await pages.signIns.open(asked, digest: parameters.digest, visitor.visit)
                return try await conversation.show(answer, to: asked, parameters)
            } catch let refusal as Refusal where asked.prompt.contains(.none) && refusal.code.isPassing {
                // The client waits in a frame that shows no page.
                return conversation.deliver(
                    .error(AuthorizationError(.temporarilyUnavailable, "The server is busy: try again later.")), asked)
            }
        }
    }

    private func post(_ request: Request, _ context: RequestContext) async throws -> Response {
        let conversation = PageConversation(pages: pages, request, context, isForm: true)
        do {
            try FormBody.check(request)
            let parameters = try AuthorizationParameters(request.body.readableBytesView)
            // A request head has room for 8 KiB, and escapes can triple a text.
            guard parameters.query.utf8.count <= 6144 else { throw AuthorizationFailure.page(.tooLarge) }
            return Delivery(pages: pages).onward(
                Link(page: PagePath.authorize, query: parameters.query), conversation.setting([]))
        } catch let failure as AuthorizationFailure {
            return conversation.show(failure)
        }
    }
}

extension Refusal.Code {
    /// Whether the same request succeeds later.
    fileprivate var isPassing: Bool { [.overloaded, .clockSetBack, .temporarilyUnavailable].contains(self) }
}

/// The body of a form.
enum FormBody {
    /// - Throws: `Refusal` `unsupported_media_type`.
    static func check(_ request: Request) throws(Refusal) {
        if request.body.readableBytes > 0 { try FormParameters.requireType(request.headers) }
    }
}
