import LatchkeyCore
import LatchkeySQLite
import Logging
import StoreConformance
import Testing

struct SQLiteConformanceTests {
    @Test(arguments: StoreConformance.cases)
    func `the SQLite store keeps the promise that`(_ promise: StoreCase) async throws {
        let place = try DatabasePlace()
        try await promise.run { clock, observer in
            try SQLiteStore.open(place.settings, clock: clock, observer: observer, logger: .silent)
        }
        #expect(try place.problems() == [])
    }
}
