import Foundation

/// Reads a file line by line without holding it whole.
struct LineReader {
    /// A longer line is a mistake, not data.
    private static let maximumLine = 1 << 20

    private let file: FileHandle
    private var buffer: [UInt8] = []
    private var start = 0
    private var number = 0
    private var isAtEnd = false
    /// Bytes of the lines given out so far.
    private(set) var position = 0

    init(_ file: FileHandle) { self.file = file }

    /// The next line without its ending, and its number from 1; `nil` at the end.
    mutating func next() throws -> (number: Int, text: [UInt8])? {
        while true {
            if let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return line(buffer[start..<end])
            }
            if isAtEnd {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return line(buffer[start...])
            }
            guard buffer.count - start <= Self.maximumLine else {
                throw CommandFailure("Line \(number + 1) is longer than 1 MiB.")
            }
            buffer.removeFirst(start)
            start = 0
            if let data = try file.read(upToCount: 1 << 16), !data.isEmpty {
                buffer.append(contentsOf: data)
            } else {
                isAtEnd = true
            }
        }
    }

    private mutating func line(_ bytes: ArraySlice<UInt8>) -> (number: Int, text: [UInt8]) {
        number += 1
        position += bytes.count + 1
        return (number, Array(bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes))
    }
}
