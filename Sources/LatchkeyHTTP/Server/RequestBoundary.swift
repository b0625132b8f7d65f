import NIOCore

/// Follows from outside which bytes the HTTP decoder got and what it made of them, to know when it holds nothing back:
/// only then may known bytes bypass it.
struct RequestBoundary {
    /// Whether all input belongs to requests that are complete.
    private(set) var isClear = true
    /// Bytes since it was last clear.
    private var bytes = 0
    /// Where the first of them end a request's head; nil when that is not within the first read.
    private var headEnd: Int?
    private var heads = 0
    private var bodyBytes = 0
    private var hasEnded = false

    /// Before bytes go into the decoder.
    mutating func arrived(_ buffer: ByteBuffer) {
        if isClear {
            self = RequestBoundary()
            isClear = false
            headEnd = Self.headEnd(in: buffer)
        }
        bytes += buffer.readableBytes
    }

    /// The decoder has read a head.
    mutating func head() { heads += 1 }

    /// The decoder has read a piece of a body.
    mutating func body(_ count: Int) { bodyBytes += count }

    /// The decoder has come to the end of a request.
    mutating func end() { hasEnded = true }

    /// After the decoder has had all bytes.
    mutating func processed() {
        // A chunked body has more bytes than are counted here, and so never gets past this.
        guard hasEnded, heads == 1, let headEnd, headEnd + bodyBytes == bytes else { return }
        isClear = true
    }

    /// Whether all bytes since it was last clear are one request without a body.
    var isOneHead: Bool { heads == 1 && bodyBytes == 0 && headEnd == bytes }

    /// Behind the first empty line.
    private static func headEnd(in buffer: ByteBuffer) -> Int? {
        let view = buffer.readableBytesView
        var index = view.startIndex
        while let lineEnd = view[index...].firstIndex(of: UInt8(ascii: "\n")) {
            let next = lineEnd + 1
            if view.endIndex - next >= 2, view[next] == UInt8(ascii: "\r"), view[next + 1] == UInt8(ascii: "\n") {
                return next + 2 - view.startIndex
            }
            index = next
        }
        return nil
    }
}

/// Compares the size of a request on the wire with its content. A parser counts names, values and content; it lets
/// white space, chunk sizes and chunk extensions (RFC 9112 7.1.1) pass, however much there is of them.
struct RequestOverhead {
    /// What each chunk may have in addition to its content: its size, and two line ends.
    private static let chunkFrame = 16

    private var raw = 0
    private var last = 0
    private var content = 0
    private var pieces = 0

    /// Before bytes go into the decoder.
    mutating func arrived(_ count: Int) {
        raw += count
        last = count
    }

    mutating func body(_ count: Int) {
        content += count
        pieces += 1
    }

    /// Bytes that are neither content nor the frames that its chunks need. Small chunks may have twice their content in
    /// addition.
    var bytes: Int { raw - 3 * content - Self.chunkFrame * pieces }

    /// The request is complete, and the next one begins. Where it ends within the last bytes is not known, so none of
    /// these is counted for either.
    /// - Returns: ``bytes`` of the request.
    mutating func end() -> Int {
        defer { self = RequestOverhead() }
        return bytes - last
    }
}
