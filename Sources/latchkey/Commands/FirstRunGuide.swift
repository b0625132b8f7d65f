/// What a person types after the very first start: real commands, to be copied as they stand.
package enum FirstRunGuide {
    /// - Parameters:
    ///   - program: how this program was called.
    ///   - options: ` --data-dir …` as it was given, or nothing.
    ///   - issuer: where clients reach the server.
    package static func text(program: String, options: String, issuer: String) -> String {
        """
        No account exists yet. In another terminal, in this directory:

        1. Make an administrator (asks for a password of 15 characters or more):
           \(program) user add admin --admin\(options)

        2. Make a client, the application that signs people in:
           \(program) client add web --public --first-party \
        --scope "openid offline_access latchkey:account latchkey:admin"\(options)

        3. Get a first token (asks for the password again):
           \(program) token login --client web --user admin --url \(ShellText.quote(issuer))\(options)
           or with curl, with the password in place of YOUR-PASSWORD:
           curl -s \(ShellText.quote(issuer + "/api/v1/login")) -H 'Content-Type: application/json' \
        -d '{"username":"admin","password":"YOUR-PASSWORD","client_id":"web"}'
        """
    }
}
