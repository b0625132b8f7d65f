package import Testing

extension Trait where Self == TimeLimitTrait {
    /// Ends a test that hangs. Far longer than any test takes on a machine that is busy with something else.
    package static var endsHang: TimeLimitTrait { .timeLimit(.minutes(20)) }
}
