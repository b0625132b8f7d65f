/// What no rule ever writes, in every database.
package enum ImpossibleRows {
    /// A query that counts such rows, and its meaning.
    package static let queries: [(count: String, complaint: String)] = [
        (
            "SELECT count(*) FROM revocations, revocation_state WHERE seq > last_seq",
            "the revocation log has entries beyond its last sequence number"
        ),
        (
            "SELECT 1 - count(*) FROM revocation_state", "revocation_state does not have one row"
        ),
        ("SELECT 1 - count(*) FROM key_state", "key_state does not have one row"),
        (
            "SELECT count(*) FROM sessions WHERE held_generation >= current_generation OR rotated_at < created_at",
            "sessions have an impossible lineage"
        ),
        (
            "SELECT count(*) FROM users u LEFT JOIN passwords p ON p.user_id = u.id WHERE p.user_id IS NULL",
            "users have no password row"
        ),
        (
            """
            SELECT count(*) FROM revocations, revocation_state
            WHERE kind = 'all' AND (revocation_state.issued_before IS NULL
                OR revocations.issued_before > revocation_state.issued_before)
            """, "the revocation log is ahead of the watermark for all tokens"
        ),
    ]
}
