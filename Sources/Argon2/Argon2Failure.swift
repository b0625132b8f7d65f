internal import CArgon2

/// libargon2 declined to compute a hash: a fault of the machine (no memory) or of ours, never a wrong password.
package struct Argon2Failure: Error, Equatable, CustomStringConvertible {
    /// libargon2's error number, negative.
    package let code: Int32

    static let outOfMemory = Argon2Failure(code: ARGON2_MEMORY_ALLOCATION_ERROR.rawValue)
    static let passwordTooLong = Argon2Failure(code: ARGON2_PWD_TOO_LONG.rawValue)

    /// libargon2's own words for the number. Holds no input.
    package var description: String {
        // The library returns pointers to its own string constants, for every number.
        let words = unsafe argon2_error_message(code).map { unsafe String(cString: $0) }
        return "argon2: \(words ?? "error \(code)")"
    }
}
