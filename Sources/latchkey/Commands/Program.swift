/// This program as the user called it, so that the commands which we tell people to type work as they stand.
enum Program {
    static let asTyped = ShellText.quote(CommandLine.arguments.first ?? "latchkey")
}
