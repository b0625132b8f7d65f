import Foundation
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyPages
import LatchkeyTokens

#if Postgres
    import LatchkeyPostgres
#endif

/// What the server would refuse at its start in addition to the values: the files and directories that they name.
/// Creates and changes nothing.
struct StartupCheck {
    let settings: EffectiveSettings
    /// Where `LATCHKEY_MASTER_KEY` is read from.
    var environment = ProcessInfo.processInfo.environment

    /// - Returns: sentences about facts that the server accepts, but an operator should know.
    /// - Throws: the server's own errors: ``CommandFailure``, `MasterKeyFault`, `StoreUnavailable`, or the TLS files'
    ///   error.
    func run() throws -> [String] {
        try settings.dataDirectory.checkCanBeUsed()
        try checkAddress()
        let (hasDatabase, databaseConcern) = findDatabase()
        try checkMasterKey(hasDatabase)
        _ = try settings.pages.branding()
        return [databaseConcern, try certificateConcern(), try bootstrapConcern(hasDatabase)].compactMap(\.self)
            + translationConcerns()
    }

    /// What the server would not connect with, whether a server answers there or not.
    private func checkAddress() throws {
        #if Postgres
            guard case .postgres(let database) = settings.database else { return }
            try PostgresStore.Settings(database).address.check()
        #endif
    }

    /// A database server may be out of reach for whoever checks, and is taken to be empty then.
    private func findDatabase() -> (exists: Bool, concern: String?) {
        do {
            return (try !settings.isUntouched(), nil)
        } catch {
            return (false, "The database could not be looked at: \(error)")
        }
    }

    /// The ring itself, or the place where a new one would be written.
    private func checkMasterKey(_ hasDatabase: Bool) throws {
        let file = MasterKeyFile(path: settings.masterKeyFile)
        let isGiven = environment[ConfigurationKey.masterKeyVariable].map { !$0.isEmpty } ?? false
        guard !isGiven, !file.exists, !hasDatabase else {
            _ = try Compose.masterKey(settings, environment, mayCreate: { false })
            return
        }
        // The server creates the data directory and its parents; it creates no other directory.
        let folder = URL(filePath: file.path).deletingLastPathComponent().path
        guard folder != URL(filePath: settings.dataDirectory.masterKeyPath).deletingLastPathComponent().path else {
            return
        }
        guard let reason = FileTrouble.reasonNotToWrite(in: folder) else { return }
        throw MasterKeyFault("The master key cannot be written to \(file.path): \(reason).")
    }

    /// Browsers choose the language, so each language is shown to somebody.
    private func translationConcerns() -> [String] {
        ConfigurationKey.scopes.compactMap { language, key in
            let missing = settings.core.sentences.untranslated(in: language.rawValue)
            guard !missing.isEmpty else { return nil }
            return "`\(key.name)` has no sentence for \(missing.joined(separator: ", ")): people who read the pages "
                + "in that language see the one of another."
        }
    }

    private func certificateConcern() throws -> String? {
        guard let tls = settings.tls else { return nil }
        let validity = try TLSIdentity(certificatePath: tls.certificate, privateKeyPath: tls.privateKey).validity
        guard let concern = validity.concern(at: .wallClock) else { return nil }
        guard validity.state(at: .wallClock) == .endsSoon else { throw CommandFailure(concern) }
        return concern
    }

    /// The password's file is read once, and may be removed after that.
    private func bootstrapConcern(_ hasDatabase: Bool) throws -> String? {
        guard let bootstrap = settings.bootstrap else { return nil }
        do throws(CommandFailure) {
            try BootstrapAdmin(bootstrap).check(settings.core)
            return nil
        } catch {
            guard hasDatabase else { throw error }
            return "\(error) It matters only while there is no user."
        }
    }
}
