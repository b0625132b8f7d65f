extension SchemaDescription {
    /// `/healthz`.
    static let health = SchemaDescription(
        "Health", "It answers.", [.required("status", .choice(["ok"]))])
}
