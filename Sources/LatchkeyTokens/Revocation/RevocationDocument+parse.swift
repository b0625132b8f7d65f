extension RevocationDocument {
    /// The longest document that is read unless the caller sets another limit, in bytes: about 500,000 entries.
    package static let maximumLength = 67_108_864
    /// The most entries that are read unless the caller sets another limit.
    package static let maximumEntries = 1_000_000

    /// Reads a document of either form. Unknown members are ignored, entries of an unknown kind are refused.
    ///
    /// - Throws: ``RefusedDocument`` `.tooLarge`, `.badJSON`, `.badMember`, `.badEntry`, `.badOrder`.
    package init(
        parsing bytes: [UInt8],
        maximumLength: Int = RevocationDocument.maximumLength,
        maximumEntries: Int = RevocationDocument.maximumEntries
    ) throws(RefusedDocument) {
        self = try RevocationDocumentReader.read(
            bytes, maximumLength: maximumLength, maximumEntries: maximumEntries
        ).document()
    }
}

/// Collects the members of a document without building a tree: a long list would cost several times its size.
struct RevocationDocumentReader {
    private var texts: [String: String] = [:]
    private var numbers: [String: Int64] = [:]
    private var entries: [RevocationEntry]?
    private var columns: [RevocationColumnGroup] = []
    private let maximumEntries: Int

    private init(maximumEntries: Int) {
        self.maximumEntries = maximumEntries
    }

    static func read(
        _ bytes: [UInt8],
        maximumLength: Int,
        maximumEntries: Int
    ) throws(RefusedDocument) -> RevocationDocumentReader {
        var result = RevocationDocumentReader(maximumEntries: maximumEntries)
        var refusal: RefusedDocument?
        do throws(MalformedJSON) {
            var reader = try JSONReader(bytes, maximumLength: maximumLength, maximumDepth: 8)
            try reader.object { (name, reader) throws(MalformedJSON) in
                do throws(RefusedDocument) {
                    try result.readMember(name, &reader)
                } catch {
                    // The reader's own error type is narrower; keep ours aside and stop.
                    refusal = error
                    throw reader.failure(.unexpectedType)
                }
            }
            try reader.end()
        } catch {
            throw refusal ?? RefusedDocument(error.reason == .tooLong ? .tooLarge : .badJSON)
        }
        return result
    }

    private mutating func readMember(_ name: String, _ reader: inout JSONReader) throws(RefusedDocument) {
        do throws(MalformedJSON) {
            switch name {
            case "iss", "epoch":
                texts[name] = try reader.string()
            case "after", "seq", "now", "next_update", "expires_in":
                numbers[name] = try reader.integer()
            case "iat", "exp":
                // Only in the signed form; in the other form they are unknown members.
                numbers[name] = try StrictJSON.value(&reader).integer
            case "entries", "columns":
                break
            default:
                try StrictJSON.skip(&reader)
            }
        } catch {
            throw RefusedDocument(error.reason == .unexpectedType ? .badMember : .badJSON)
        }
        if name == "entries" { entries = try readEntries(&reader) }
        if name == "columns" { columns = try readColumns(&reader) }
    }

    private func readColumns(_ reader: inout JSONReader) throws(RefusedDocument) -> [RevocationColumnGroup] {
        var groups: [RevocationColumnGroup] = []
        do throws(MalformedJSON) {
            try reader.array { (reader) throws(MalformedJSON) in
                // One group per kind, so a fourth one would be of a kind that we do not know.
                guard groups.count < 3 else { throw reader.failure(.unexpectedType) }
                groups.append(try RevocationColumnGroup(&reader, maximumCount: maximumEntries))
            }
        } catch {
            throw RefusedDocument(error.reason == .unexpectedType ? .badEntry : .badJSON, member: "columns")
        }
        return groups
    }

    private func readEntries(_ reader: inout JSONReader) throws(RefusedDocument) -> [RevocationEntry] {
        var entries: [RevocationEntry] = []
        var refusal: RefusedDocument?
        do throws(MalformedJSON) {
            try reader.array { (reader) throws(MalformedJSON) in
                guard entries.count < maximumEntries else {
                    refusal = RefusedDocument(.tooLarge, member: "entries")
                    throw reader.failure(.unexpectedType)
                }
                entries.append(try Self.entry(&reader))
            }
        } catch {
            throw refusal ?? RefusedDocument(error.reason == .unexpectedType ? .badEntry : .badJSON, member: "entries")
        }
        return entries
    }

    private static func entry(_ reader: inout JSONReader) throws(MalformedJSON) -> RevocationEntry {
        var sequence: Int64?
        var kind: RevocationEntry.Kind?
        var id: String?
        var issuedBefore: Timestamp?
        var expiresAt: Timestamp?
        try reader.object { (name, reader) throws(MalformedJSON) in
            switch name {
            case "seq": sequence = try reader.integer()
            case "kind": kind = RevocationEntry.Kind(rawValue: try reader.string())
            case "id": id = try reader.string()
            case "iat_before": issuedBefore = try instant(&reader)
            case "exp": expiresAt = try instant(&reader)
            default: try StrictJSON.skip(&reader)
            }
        }
        guard let sequence, let kind, let expiresAt,
            let entry = RevocationEntry(
                sequence: sequence, kind: kind, id: id, issuedBefore: issuedBefore, expiresAt: expiresAt)
        else { throw reader.failure(.unexpectedType) }
        return entry
    }

    private static func instant(_ reader: inout JSONReader) throws(MalformedJSON) -> Timestamp {
        guard let instant = Timestamp(wireSeconds: try reader.integer()) else {
            throw reader.failure(.unexpectedType)
        }
        return instant
    }

    /// The document, if every member is present and in range.
    func document() throws(RefusedDocument) -> RevocationDocument {
        guard let issuer = texts["iss"], !issuer.isEmpty, issuer.utf8.count <= 2048 else {
            throw RefusedDocument(.badMember, member: "iss")
        }
        guard let epoch = texts["epoch"], Self.isEpoch(epoch) else {
            throw RefusedDocument(.badMember, member: "epoch")
        }
        let (after, now) = (try number("after", in: 0...Int64.max), try instant("now"))
        let entries = try allEntries(after: after, now: now)
        let document = RevocationDocument(
            issuer: issuer,
            epoch: epoch,
            after: after,
            sequence: try number("seq", in: 0...Int64.max),
            now: now,
            nextUpdate: try number("next_update", in: 1...86400),
            expiresIn: try number("expires_in", in: 1...86400),
            entries: entries
        )
        guard document.after <= document.sequence else { throw RefusedDocument(.badOrder, member: "after") }
        var last = document.after
        for entry in entries {
            guard entry.sequence > last else { throw RefusedDocument(.badOrder, member: "entries") }
            last = entry.sequence
        }
        guard last <= document.sequence else { throw RefusedDocument(.badOrder, member: "seq") }
        return document
    }

    /// The entries of `entries` and of `columns`, in ascending order.
    private func allEntries(after: Int64, now: Timestamp) throws(RefusedDocument) -> [RevocationEntry] {
        guard var entries else { throw RefusedDocument(.badMember, member: "entries") }
        guard !columns.isEmpty else { return entries }
        for group in columns {
            guard let more = group.entries(after: after, now: now.seconds) else {
                throw RefusedDocument(.badEntry, member: "columns")
            }
            entries += more
        }
        guard entries.count <= maximumEntries else { throw RefusedDocument(.tooLarge, member: "columns") }
        entries.sort { $0.sequence < $1.sequence }
        return entries
    }

    /// A member that is an instant in whole seconds.
    func instant(_ name: String) throws(RefusedDocument) -> Timestamp {
        Timestamp(seconds: try number(name, in: 0...253_402_300_799))
    }

    private func number(_ name: String, in range: ClosedRange<Int64>) throws(RefusedDocument) -> Int64 {
        guard let number = numbers[name], range.contains(number) else {
            throw RefusedDocument(.badMember, member: name)
        }
        return number
    }

    private static func isEpoch(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { character in
                Base64URL.isCharacter(character) || character == UInt8(ascii: ".")
            }
    }
}
