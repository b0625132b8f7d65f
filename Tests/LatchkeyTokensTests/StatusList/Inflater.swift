import CZlib

/// Decompresses as a relying party would: zlib's own one-call function, nothing of ours.
enum Inflater {
    /// The content of a ZLIB stream; nil when it is none, or longer than `limit`.
    static func inflate(_ compressed: [UInt8], limit: Int) -> [UInt8]? {
        var output = [UInt8](repeating: 0, count: limit)
        var length = uLongf(limit)
        // Both buffers outlive the call.
        let status = unsafe compressed.withUnsafeBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target in
                unsafe uncompress(target.baseAddress, &length, source.baseAddress, uLong(source.count))
            }
        }
        return status == Z_OK ? Array(output.prefix(Int(length))) : nil
    }

    /// The ZLIB stream of the highest level.
    static func deflate(_ bytes: [UInt8]) -> [UInt8] {
        var length = compressBound(uLong(bytes.count))
        var output = [UInt8](repeating: 0, count: Int(length))
        let status = unsafe bytes.withUnsafeBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target in
                unsafe compress2(target.baseAddress, &length, source.baseAddress, uLong(source.count), 9)
            }
        }
        return status == Z_OK ? Array(output.prefix(Int(length))) : []
    }
}
