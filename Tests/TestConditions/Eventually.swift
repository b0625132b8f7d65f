package import Testing

/// Waits until `condition` holds, however slow the machine is.
///
/// It sleeps between two looks, so that what it waits for gets the processor. The limit only ends a test that hangs.
/// - Throws: ``WaitedInVain`` when the limit has passed, and whatever the condition throws.
package func eventually(
    _ what: String, within limit: Duration = .seconds(600), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw WaitedInVain(what: what, sourceLocation: sourceLocation) }
        try await Task.sleep(for: .milliseconds(3))
    }
}

/// What a test waited for did not come within minutes.
package struct WaitedInVain: Error, CustomStringConvertible {
    let what: String
    let sourceLocation: SourceLocation

    package var description: String { "never: \(what), awaited at \(sourceLocation)" }
}
