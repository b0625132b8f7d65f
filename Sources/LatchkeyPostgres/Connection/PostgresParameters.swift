#if Postgres
    import LatchkeyCore
    import LatchkeySQL

    /// Arguments in the binary form of the types that the server has named for them.
    struct PostgresParameters {
        /// Object identifiers of types in `pg_type`.
        enum TypeID {
            static let bytes: UInt32 = 17
            static let integer8: UInt32 = 20
            static let integer4: UInt32 = 23
            static let text: UInt32 = 25
            /// The type of the elements, by that of the array.
            static let elements: [UInt32: UInt32] = [1001: bytes, 1016: integer8, 1009: text]
        }

        private var bytes: [UInt8] = [0]
        /// Where each stands in ``bytes``; nil for NULL.
        private var places: [Range<Int>?] = []

        var count: Int { places.count }

        /// - Throws: ``StoreFault`` for an argument that the parameter's type cannot hold.
        init(_ arguments: [any Bindable], _ types: [UInt32]) throws {
            guard arguments.count == types.count else {
                throw StoreFault("a statement has \(types.count) parameters and \(arguments.count) arguments")
            }
            for (argument, type) in zip(arguments, types) { try append(argument.sqlValue, type) }
        }

        private mutating func append(_ value: SQLValue, _ type: UInt32) throws {
            let start = bytes.count
            switch value {
            case .null:
                places.append(nil)
                return
            case .integer(let number):
                switch type {
                case TypeID.integer8: bytes += Self.bigEndian(UInt64(bitPattern: number), 8)
                case TypeID.integer4:
                    guard let small = Int32(exactly: number) else { throw StoreFault("an integer is too large") }
                    bytes += Self.bigEndian(UInt64(UInt32(bitPattern: small)), 4)
                case TypeID.bytes: throw StoreFault("an integer stands for bytes")
                case _ where TypeID.elements[type] != nil: throw StoreFault("an integer stands for an array")
                default: bytes += Array(String(number).utf8)
                }
            case .text(let text):
                guard type != TypeID.integer8, type != TypeID.integer4, TypeID.elements[type] == nil else {
                    throw StoreFault("a text stands for an integer or an array")
                }
                // The only byte that PostgreSQL's text cannot hold.
                guard !text.utf8.contains(0) else { throw StoreFault("a text has a NUL") }
                bytes += Array(text.utf8)
            case .blob(let blob):
                guard type == TypeID.bytes || PostgresArray.fits(blob, type) else {
                    throw StoreFault("bytes stand for another type")
                }
                bytes += blob
            }
            places.append(start..<bytes.count)
        }

        static func bigEndian(_ number: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * (count - 1 - $0))) }
        }

        /// Lends the arguments as libpq takes them: pointers, lengths, and 1 for each one's form.
        func withPointers<Value>(
            _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<CInt>?, UnsafePointer<CInt>?) throws -> Value
        ) rethrows -> Value {
            let lengths = places.map { CInt($0?.count ?? 0) }
            let forms = [CInt](repeating: 1, count: places.count)
            // The bytes and the three arrays live until `body` returns.
            return try unsafe bytes.withUnsafeBytes { raw in
                let base = unsafe raw.bindMemory(to: CChar.self).baseAddress
                let pointers = unsafe places.map { place -> UnsafePointer<CChar>? in
                    guard let place, let base = unsafe base else { return nil }
                    return unsafe base + place.lowerBound
                }
                return try unsafe pointers.withUnsafeBufferPointer { pointers in
                    try unsafe lengths.withUnsafeBufferPointer { lengths in
                        try unsafe forms.withUnsafeBufferPointer { forms in
                            try unsafe body(pointers.baseAddress, lengths.baseAddress, forms.baseAddress)
                        }
                    }
                }
            }
        }
    }
#endif
