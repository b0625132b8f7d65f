extension SchemaDescription {
    /// `/healthz`.
    static let health = SchemaDescription(
        "Health", "The process answers.", [.required("status", .choice(["ok"]))])
}
