import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct LogoutDecisionTests {
    private static let ada = UserID.generate(at: Timestamp(seconds: 1))
    private static let eve = UserID.generate(at: Timestamp(seconds: 2))

    @Test(
        arguments: [
            (nil, nil, false, .nothing), (nil, ada, false, .nothing), (nil, nil, true, .nothing),
            (nil, eve, true, .nothing),
            (ada, ada, false, .signOut), (ada, ada, true, .signOut),
            (ada, eve, false, .ask), (ada, nil, false, .ask),
            (ada, eve, true, .signOut), (ada, nil, true, .signOut),
        ] as [(UserID?, UserID?, Bool, LogoutStep)])
    func `the table`(user: UserID?, hinted: UserID?, isConfirmed: Bool, step: LogoutStep) {
        let facts = LogoutFacts(user: user, hinted: hinted, isConfirmed: isConfirmed)
        #expect(LogoutDecision.decide(facts) == step)
    }
}
