/// Lays the parser's help out for a width.
///
/// The parser wraps by itself, but breaks an example so that it can no longer be pasted, keeps the line ends that a
/// paragraph has in the source, and never breaks a synopsis. So it is asked for lines without end, and they are broken
/// here. Below ``columnsForTwo`` columns an option's meaning stands under it, for beside it a few letters are left.
struct HelpLayout {
    /// So wide that the parser breaks no line.
    static let unbroken = 1 << 20
    /// From here on options and their meanings stand side by side, as the parser has them.
    static let columnsForTwo = 60
    /// Where the parser begins an option's meaning.
    private static let meaningColumn = 26

    /// How many columns a line may have. A single word that is longer stands alone.
    let width: Int
    private var lines: [String] = []

    private init(width: Int) { self.width = width }

    /// Help in lines of that width. What else the parser prints stays as it is: a version, a completion script.
    static func lay(_ text: String, width: Int) -> String {
        guard text.hasPrefix("OVERVIEW: ") || text.hasPrefix("USAGE: ") else { return text }
        var layout = HelpLayout(width: width)
        let source = text.split(separator: "\n", omittingEmptySubsequences: false)
        let usage = source.firstIndex { $0.hasPrefix("USAGE: ") } ?? source.endIndex
        layout.addOverview(source[..<usage])
        layout.addSections(source[usage...])
        return layout.lines.joined(separator: "\n")
    }

    /// An error of the parser with its synopsis broken; the sentence stays in one line, as every error of ours.
    static func layError(_ text: String, width: Int) -> String {
        var layout = HelpLayout(width: width)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("Usage: ") {
                layout.addUsage(line)
            } else if line.hasPrefix("  See '") {
                layout.addReference(line)
            } else {
                layout.lines.append(String(line))
            }
        }
        return layout.lines.joined(separator: "\n")
    }

    /// Paragraphs, whose lines flow together, and examples, which are indented.
    private mutating func addOverview(_ source: ArraySlice<Substring>) {
        var paragraph: [Substring] = []
        for line in source {
            if !line.isEmpty, line.first != " " {
                paragraph.append(line)
                continue
            }
            add(words(paragraph))
            paragraph = []
            if line.isEmpty { lines.append("") } else { addExample(line) }
        }
        add(words(paragraph))
    }

    /// The synopsis and the sections: headings, and options or commands with their meanings.
    private mutating func addSections(_ source: ArraySlice<Substring>) {
        var rest = source
        while let line = rest.popFirst() {
            if line.hasPrefix("USAGE: ") {
                addUsage(line)
            } else if line.hasPrefix("  See '") {
                addReference(line)
            } else if line.isEmpty {
                lines.append("")
            } else if line.first != " " {
                add(words([line]))
            } else {
                let margin = String(repeating: " ", count: Self.meaningColumn)
                var (label, meaning) = Self.entry(line, isAlone: rest.first?.hasPrefix(margin) ?? false)
                while let more = rest.first, more.hasPrefix(margin) {
                    meaning.append(more)
                    rest.removeFirst()
                }
                addEntry(label, words(meaning))
            }
        }
    }

    /// An option and what stands beside it.
    /// - Parameter isAlone: whether its meaning is in the lines below.
    private static func entry(_ line: Substring, isAlone: Bool) -> (label: Substring, meaning: [Substring]) {
        let (left, right) = (line.prefix(meaningColumn), line.dropFirst(meaningColumn))
        guard !isAlone, left.last == " ", let first = right.first, first != " " else { return (line, []) }
        return (left, [right])
    }

    private mutating func addEntry(_ label: Substring, _ meaning: [Atom]) {
        let isWide = width >= Self.columnsForTwo
        let column = isWide ? Self.meaningColumn : 6
        let before = lines.count
        add(parts(ofLabel: label), indent: 2, hanging: 4)
        guard !meaning.isEmpty else { return }
        guard isWide, lines.count == before + 1, let last = lines.last, last.count < column else {
            return add(meaning, indent: column, hanging: column)
        }
        lines.removeLast()
        add(meaning, indent: column, hanging: column, first: last)
    }

    /// A synopsis: an option in brackets, or with its value, stays together where it fits.
    private mutating func addUsage(_ line: Substring) {
        let hanging = "USAGE: ".count
        var atoms: [Atom] = []
        var depth = 0
        for word in line.split(separator: " ") {
            if depth > 0 || (word.hasPrefix("<") && atoms.last?.text.hasPrefix("--") == true) {
                atoms[atoms.endIndex - 1].text += " " + word
            } else {
                atoms.append(Atom(text: String(word)))
            }
            depth += word.count(where: { $0 == "[" }) - word.count(where: { $0 == "]" })
        }
        let whole = atoms.flatMap { atom in
            hanging + atom.text.count <= width ? [atom] : words([Substring(atom.text)])
        }
        add(whole, hanging: hanging)
    }

    /// Where there is more help.
    private mutating func addReference(_ line: Substring) { add(words([line]), indent: 2, hanging: 2) }

    /// A command to paste. One that is too long goes on in the next line as a shell takes it, behind a backslash.
    private mutating func addExample(_ line: Substring) {
        guard line.count > width else { return lines.append(String(line)) }
        let indent = line.prefix { $0 == " " }.count
        // Room for the space and the backslash.
        let room = width - 2
        var atoms: [Atom] = []
        for word in Self.shellWords(line) {
            // An option stays with its value where both fit.
            if let last = atoms.last, last.text.hasPrefix("--"), !last.text.contains(" "),
                !"-|<>".contains(word.text.prefix(1)),
                indent + 4 + last.text.count + 1 + word.text.count <= room
            {
                atoms[atoms.endIndex - 1].text += " " + word.text
            } else {
                atoms.append(word)
            }
        }
        let pieces = Self.fill(atoms, width: room, indent: indent, hanging: indent + 4, first: nil)
        for (index, piece) in pieces.enumerated() {
            lines.append(index == pieces.endIndex - 1 ? piece : piece + " \\")
        }
    }

    /// Words of a command: what stands in quotes is not broken.
    private static func shellWords(_ line: Substring) -> [Atom] {
        var words: [Atom] = []
        var word = ""
        var quote: Character?
        for character in line {
            if character == " ", quote == nil {
                if !word.isEmpty { words.append(Atom(text: word)) }
                word = ""
                continue
            }
            word.append(character)
            if quote == character { quote = nil } else if quote == nil, "'\"".contains(character) { quote = character }
        }
        return word.isEmpty ? words : words + [Atom(text: word)]
    }

    /// What is not broken.
    private struct Atom {
        var text: String
        /// Whether a space stands before it, unless it begins a line.
        var isSpaced = true
    }

    private func words(_ text: [Substring]) -> [Atom] {
        text.flatMap { $0.split(separator: " ") }.map { Atom(text: String($0)) }
    }

    /// Names of an option, which may be parted behind a slash.
    private func parts(ofLabel label: Substring) -> [Atom] {
        label.split(separator: " ").flatMap { word in
            let names = word.split(separator: "/")
            return names.indices.map { index in
                Atom(text: names[index] + (index == names.endIndex - 1 ? "" : "/"), isSpaced: index == 0)
            }
        }
    }

    private mutating func add(_ atoms: [Atom], indent: Int = 0, hanging: Int = 0, first: String? = nil) {
        lines += Self.fill(atoms, width: width, indent: indent, hanging: hanging, first: first)
    }

    /// Lines with as many atoms as fit.
    /// - Parameters:
    ///   - indent: of the first line, `hanging` of all others.
    ///   - first: what the first line begins with instead of blanks.
    private static func fill(
        _ atoms: [Atom], width: Int, indent: Int, hanging: Int, first: String?
    ) -> [String] {
        var lines: [String] = []
        let begin = first ?? ""
        var line = begin + String(repeating: " ", count: max(0, indent - begin.count))
        var isEmpty = true
        for atom in atoms {
            let piece = (isEmpty || !atom.isSpaced ? "" : " ") + atom.text
            if isEmpty || line.count + piece.count <= width {
                line += piece
            } else {
                lines.append(line)
                line = String(repeating: " ", count: hanging) + atom.text
            }
            isEmpty = false
        }
        return isEmpty ? lines : lines + [line]
    }
}
