/// A value that can be an argument of a statement.
protocol Bindable {
    /// - Returns: SQLite's code.
    func bind(to slot: Statement.Slot) -> Int32
}

extension Int64: Bindable {
    func bind(to slot: Statement.Slot) -> Int32 { slot.bind(self) }
}

extension Int: Bindable {
    func bind(to slot: Statement.Slot) -> Int32 { slot.bind(Int64(self)) }
}

extension Bool: Bindable {
    func bind(to slot: Statement.Slot) -> Int32 { slot.bind(self ? 1 : 0) }
}

extension String: Bindable {
    func bind(to slot: Statement.Slot) -> Int32 { slot.bind(self) }
}

/// As a blob.
extension [UInt8]: Bindable {
    func bind(to slot: Statement.Slot) -> Int32 { slot.bind(self) }
}

extension Optional: Bindable where Wrapped: Bindable {
    func bind(to slot: Statement.Slot) -> Int32 { self?.bind(to: slot) ?? slot.bindNull() }
}
