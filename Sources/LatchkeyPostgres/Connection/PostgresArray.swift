#if Postgres
    import LatchkeySQL

    /// A one-dimensional array as one argument, in PostgreSQL's binary form: dimensions, a flag for NULLs, the type of the
    /// elements, length, lower bound, and then each element with its length.
    struct PostgresArray: Bindable {
        typealias TypeID = PostgresParameters.TypeID

        private var bytes: [UInt8] = []

        init(_ values: [[UInt8]?]) { fill(TypeID.bytes, values) { $0 } }

        init(_ values: [Int64]) {
            fill(TypeID.integer8, values) { PostgresParameters.bigEndian(UInt64(bitPattern: $0), 8) }
        }

        /// No text has a NUL.
        init(_ values: [String?]) { fill(TypeID.text, values) { $0.map { Array($0.utf8) } } }

        var sqlValue: SQLValue { .blob(bytes) }

        private mutating func fill<Value>(_ type: UInt32, _ values: [Value], _ encode: (Value) -> [UInt8]?) {
            bytes.reserveCapacity(20 + values.count * 20)
            append(values.isEmpty ? 0 : 1)
            append(1)
            append(UInt64(type))
            guard !values.isEmpty else { return }
            append(UInt64(values.count))
            append(1)
            for value in values {
                guard let element = encode(value) else {
                    append(UInt64(UInt32.max))
                    continue
                }
                append(UInt64(element.count))
                bytes += element
            }
        }

        private mutating func append(_ number: UInt64) { bytes += PostgresParameters.bigEndian(number, 4) }

        /// Whether these bytes are an array of elements of the type that an array parameter of type `array` takes.
        static func fits(_ bytes: [UInt8], _ array: UInt32) -> Bool {
            guard let element = TypeID.elements[array], bytes.count >= 12 else { return false }
            return bytes[8..<12].elementsEqual(PostgresParameters.bigEndian(UInt64(element), 4))
        }
    }
#endif
