import HTTPTypes
package import LatchkeyCore
import LatchkeyTokens
import NIOCore

/// `GET /revocations` and `/revocations.jwt`: the list, as a snapshot or as what is newer, at once or when something
/// comes. From memory. TheRule.md of LatchkeyVerifier describes it for services.
struct RevocationsEndpoint: Sendable {
    let feed: RevocationFeed
    let documents: RevocationDocuments
    let maxWait: Duration
    /// Whether anyone may read the list.
    let isPublic: Bool

    var routes: [Route] {
        [
            Route(
                .get, PublicPath.revocations, "getRevocations", isLongPoll: true,
                .listReader { request, context, reader in
                    try await answer(request, context, reader, kind: Self.kind(wantedBy: request.headers))
                }),
            Route(
                .get, PublicPath.signedRevocations, "getSignedRevocations", isLongPoll: true,
                .listReader { request, context, reader in
                    try await answer(request, context, reader, kind: .signed)
                }),
        ]
    }

    private static func kind(wantedBy fields: HTTPFields) -> RevocationDocuments.Form.Kind {
        if AcceptHeader.prefers("application/jwt", in: fields) { return .signed }
        let columns = RevocationDocument.Form.columns
        return .list(AcceptHeader.prefers(columns.mediaType, in: fields) ? columns : .plain)
    }

    private func answer(
        _ request: Request, _ context: RequestContext, _ reader: ClientID?, kind: RevocationDocuments.Form.Kind
    ) async throws -> Response {
        let poll = try RevocationPoll(request.parameters)
        let name = reader?.description ?? poll.consumer
        if poll.leaves { return try leave(name, context) }
        try await feed.prepare(for: poll.query)
        note(poll, name, context)
        if let seconds = poll.wait {
            let limit = min(.seconds(Int64(seconds)), maxWait)
            await feed.wait(poll.query, seconds: limit, address: context.network)
            // Noted again: a long poll may have been held for a minute.
            note(poll, name, context, isAnswer: true)
        }
        let form = RevocationDocuments.Form(kind: kind, gzip: AcceptHeader.allowsGzip(request.headers))
        let document = try await documents.document(for: poll.query, form: form)
        var fields = self.fields(isWait: poll.wait != nil)
        fields[.eTag] = document.tag.description
        // A request that authenticates, is counted as a consumer or waits must reach this code each time.
        let isCurrent = isPublic && name == nil && poll.wait == nil ? document.isCurrent : nil
        guard poll.wait != nil || !document.tag.satisfies(ifNoneMatch: request.headers) else {
            return Response(status: .notModified, headers: fields, isCurrent: isCurrent)
        }
        fields[.contentType] =
            switch kind {
            case .list(let form): form.mediaType
            case .signed: "application/jwt"
            }
        if document.isGzip { fields[.contentEncoding] = "gzip" }
        return Response(status: .ok, headers: fields, body: document.bytes, isCurrent: isCurrent)
    }

    /// - Parameter name: the authenticated client's id if there is one, otherwise the name that the poller gives
    ///   itself.
    private func note(
        _ poll: RevocationPoll, _ name: String?, _ context: RequestContext, isAnswer: Bool = false
    ) {
        guard let name else { return }
        // A request for a possible delta acknowledges everything before it; a wrong epoch acknowledges nothing.
        let after = feed.read(poll.query).after
        let acknowledged = poll.epoch != nil && poll.after == after ? poll.after : nil
        feed.noteConsumer(name, acknowledged: acknowledged, address: context.network, isAnswer: isAnswer)
    }

    /// The last request of a consumer: it is forgotten, only at its own address.
    private func leave(_ name: String?, _ context: RequestContext) throws(Refusal) -> Response {
        guard let name else {
            throw Refusal(.invalidRequest, "The parameter leave needs consumer, the name that leaves.")
        }
        _ = feed.forgetConsumer(name, address: context.network)
        return Response(status: .noContent, headers: fields(isWait: true))
    }

    private func fields(isWait: Bool) -> HTTPFields {
        var fields: HTTPFields = [
            .vary: isPublic ? "Accept, Accept-Encoding" : "Accept, Accept-Encoding, Authorization"
        ]
        fields[.cacheControl] = isWait ? "no-store" : "\(isPublic ? "public" : "private"), max-age=1"
        return fields
    }
}

/// The query of a poll of the revocation list, read strictly: a poller that believes it asks for news must not get
/// something else.
package struct RevocationPoll: Sendable, Equatable {
    /// The longest name of a consumer, in bytes of printable ASCII.
    package static let longestConsumer = 64
    /// The longest epoch that is accepted; ours are far shorter.
    private static let longestEpoch = 128

    package let after: Int64?
    package let epoch: String?
    /// In seconds; nil for a plain poll. Not yet capped.
    package let wait: Int?
    package let consumer: String?
    /// It no longer polls.
    package let leaves: Bool

    /// - Throws: `Refusal` `invalid_request`.
    package init(_ parameters: RequestParameters) throws(Refusal) {
        after = try parameters.integer("after").map(Int64.init)
        wait = try parameters.integer("wait")
        // An epoch that cannot be ours counts as unknown: the answer is the snapshot, not an error.
        epoch = parameters["epoch"].flatMap { $0.utf8.count <= Self.longestEpoch ? $0 : "" }
        consumer = parameters["consumer"]
        if let consumer {
            guard consumer.utf8.count <= Self.longestConsumer, consumer.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
            else {
                throw Refusal(
                    .invalidRequest,
                    "The parameter consumer must be at most \(Self.longestConsumer) printable ASCII characters.")
            }
        }
        leaves = parameters["leave"] != nil
        guard leaves else { return }
        guard parameters["leave"] == "true", after == nil, wait == nil, parameters["epoch"] == nil else {
            throw Refusal(
                .invalidRequest, "The parameter leave must be true, with consumer as the only other parameter.")
        }
    }

    /// The query for the feed.
    package var query: RevocationQuery { RevocationQuery(after: after, epoch: epoch) }
}
