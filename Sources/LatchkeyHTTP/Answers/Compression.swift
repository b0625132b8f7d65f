import CZlib

/// gzip (RFC 1952) for bodies that are built once and served often.
package enum Gzip {
    /// The compressed form; nil when zlib cannot get memory, and then the plain form is served.
    package static func compress(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8]? {
        // 15 bits of window, plus 16: zlib writes the gzip wrapper, with a zero time stamp, so equal input gives equal
        // output.
        Deflater.run(bytes, level: level, windowBits: 31)
    }
}

/// The ZLIB format (RFC 1950), as Token Status Lists require it.
package enum Zlib {
    /// The compressed form at the highest level; nil when zlib cannot get memory.
    package static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        Deflater.run(bytes, level: Z_BEST_COMPRESSION, windowBits: 15)
    }
}

/// zlib's DEFLATE (RFC 1951) in one call.
private enum Deflater {
    static func run(_ bytes: [UInt8], level: Int32, windowBits: Int32) -> [UInt8]? {
        guard bytes.count <= Int(UInt32.max) else { return nil }
        var stream = unsafe z_stream()
        let size = Int32(unsafe MemoryLayout<z_stream>.size)
        let status = unsafe deflateInit2_(
            &stream, level, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        guard status == Z_OK else { return nil }
        defer { unsafe deflateEnd(&stream) }
        return unsafe finish(bytes, &stream)
    }

    private static func finish(_ bytes: [UInt8], _ stream: inout z_stream) -> [UInt8]? {
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(unsafe deflateBound(&stream, UInt(bytes.count))))
        // Both buffers outlive the call and zlib keeps no pointer after it; avail_* are their true sizes.
        let status = unsafe input.withUnsafeMutableBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target in
                unsafe stream.next_in = source.baseAddress
                unsafe stream.avail_in = UInt32(source.count)
                unsafe stream.next_out = target.baseAddress
                unsafe stream.avail_out = UInt32(target.count)
                return unsafe deflate(&stream, Z_FINISH)
            }
        }
        guard status == Z_STREAM_END else { return nil }
        return unsafe Array(output.prefix(Int(stream.total_out)))
    }
}
