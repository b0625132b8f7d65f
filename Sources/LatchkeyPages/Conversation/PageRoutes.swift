package import LatchkeyCore
package import LatchkeyHTTP

/// The routes of all pages.
package enum PageRoutes {
    package static func routes(_ pages: PageServices) -> [Route] {
        pages.renderer.files.routes + AuthorizeEndpoint(pages: pages).routes + SignInForms(pages: pages).routes
            + EndSessionEndpoint(pages: pages).routes
            + AccountPages(pages: pages).routes
    }

    /// Shows an error of a page's path; for `nil` a fault of ours.
    package static func showError(
        _ pages: PageServices
    ) -> @Sendable (Refusal?, RequestContext) -> Response {
        { refusal, context in ErrorAnswer.response(refusal, context, pages) }
    }
}
