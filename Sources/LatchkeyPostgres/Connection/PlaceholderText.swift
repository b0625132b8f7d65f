#if Postgres
    /// Parameters as PostgreSQL writes them: `?` in order and `?3` by number become `$1` and `$3`.
    ///
    /// Our statements hold `?` in no literal, no quoted name and no operator; one inside quotes would be left alone.
    enum PlaceholderText {
        static func numbered(_ sql: String) -> String {
            var output: [UInt8] = []
            output.reserveCapacity(sql.utf8.count + 16)
            var quote: UInt8?
            var next = 1
            var bytes = Array(sql.utf8)[...]
            while let byte = bytes.popFirst() {
                if let open = quote {
                    if byte == open { quote = nil }
                } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                    quote = byte
                } else if byte == UInt8(ascii: "?") {
                    output.append(UInt8(ascii: "$"))
                    let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                    if digits.isEmpty {
                        output += Array(String(next).utf8)
                        next += 1
                    } else {
                        output += digits
                        bytes = bytes.dropFirst(digits.count)
                    }
                    continue
                }
                output.append(byte)
            }
            return String(decoding: output, as: UTF8.self)
        }
    }
#endif
