public import LatchkeyTokens

extension TokenVerifier {
    /// Verifies a token; asks the server only for an unknown key, or when the policy requires it.
    ///
    /// - Parameters:
    ///   - token: the access token, without `Bearer`.
    ///   - policy: the policy for this call; nil for that of the configuration.
    ///   - diagnostics: receives each step in order: for debugging, not for decisions.
    /// - Throws: ``VerificationError``, the first reason against the token; ``VerificationError/isTemporary`` says
    ///   whether a later attempt may succeed.
    public func verify(
        _ token: String,
        policy: FreshnessPolicy? = nil,
        diagnostics: ((VerificationDiagnostic) -> Void)? = nil
    ) async throws(VerificationError) -> VerifiedToken {
        let trace = VerificationTrace(report: diagnostics)
        var judged: Judged
        do throws(VerificationError) {
            judged = try judge(token, trace)
        } catch {
            guard error == .unknownKey || error == .noKeys, await keySource.refetch() else { throw error }
            trace.passed(.key, "the keys were fetched again; starting over")
            judged = try judge(token, trace)
        }
        if try gate(judged.freshness, policy ?? self.policy, trace) { return judged.token }
        do throws(VerificationError) {
            try await introspection.confirm(token, tokenID: judged.token.claims.tokenID)
        } catch {
            trace.refused(error, "the policy asks the server")
            throw error
        }
        trace.passed(.introspection, "the server says that the token is active")
        return judged.token
    }

    /// Verifies a token with the current keys and list, without waiting for anything.
    ///
    /// An unknown `kid` is `unknown_key` at once, and a policy that would introspect refuses instead: in these cases
    /// call ``verify(_:policy:diagnostics:)``.
    ///
    /// - Throws: ``VerificationError``, as ``verify(_:policy:diagnostics:)``.
    public func verifyNow(
        _ token: String,
        policy: FreshnessPolicy? = nil,
        diagnostics: ((VerificationDiagnostic) -> Void)? = nil
    ) throws(VerificationError) -> VerifiedToken {
        let trace = VerificationTrace(report: diagnostics)
        let (verified, freshness) = try judge(token, trace)
        guard try gate(freshness, policy ?? self.policy, trace) else {
            let error: VerificationError =
                switch freshness {
                case .blind: .listBlind
                case .stale: .listStale
                case .fresh: .introspectionFailed
                }
            trace.refused(
                error, at: .introspection, "the policy asks the server, which only the asynchronous call can do")
            throw error
        }
        return verified
    }

    /// A tuple instead of a type of its own: taking a token out of a struct copies it, claim by claim.
    private typealias Judged = (token: VerifiedToken, freshness: RevocationListState.Freshness)

    /// Every check except the policy, on one snapshot.
    private func judge(_ text: String, _ trace: VerificationTrace) throws(VerificationError) -> Judged {
        let snapshot = store.snapshot
        let instant = now()
        let unverified: UnverifiedToken
        do throws(MalformedToken) {
            unverified = try UnverifiedToken(parsing: text, headers: snapshot.headers)
        } catch {
            let error = VerificationError(VerificationError.malformed.code.rawValue, detail: error.description)
            trace.refused(error, "")
            throw error
        }
        trace.passed(.form, "\(text.utf8.count) characters")
        var trusted = false
        do throws(VerificationError) {
            let token = try unverified.verified(
                keys: { snapshot.keys[$0] }, rules: snapshot.rules, now: instant,
                passed: { step in
                    trusted = trusted || step == .signature
                    trace.passed(
                        step, unverified.detail(of: step, trusted: trusted, rules: snapshot.rules, now: instant))
                })
            return (token, snapshot.freshness(at: instant))
        } catch let refusal {
            let error = refusal == .unknownKey && snapshot.keys.isEmpty ? VerificationError.noKeys : refusal
            trace.refused(
                error, unverified.detail(of: error.step, trusted: trusted, rules: snapshot.rules, now: instant))
            throw error
        }
    }

    /// Whether the token is accepted; false when the server must be asked first.
    private func gate(
        _ freshness: RevocationListState.Freshness, _ policy: FreshnessPolicy, _ trace: VerificationTrace
    ) throws(VerificationError) -> Bool {
        switch policy.decision(freshness) {
        case .accept:
            trace.passed(.freshness, "the list is \(freshness.rawValue)")
            return true
        case .introspect:
            return false
        case .refuse(let error):
            trace.refused(error, "the list is \(freshness.rawValue)")
            throw error
        }
    }
}
