import LatchkeyCore
import LatchkeyHTTP
import LatchkeyPages
import LatchkeyTokens

/// How the text of a key becomes its value.
struct ValueForm<Value: Sendable>: Sendable {
    /// Whether there may be several values.
    let isList: Bool
    /// The accepted values, in words that follow "must be", or for a list "must hold".
    let accepted: String
    private let parse: @Sendable ([String]) -> Reading

    /// The result of reading a text.
    enum Reading {
        case value(Value)
        /// The text that is not accepted.
        case unusable(String)
    }

    /// A single text.
    init(_ accepted: String, _ parse: @escaping @Sendable (String) -> Value?) {
        isList = false
        self.accepted = accepted
        self.parse = { texts in
            let text = texts.first ?? ""
            return parse(text).map(Reading.value) ?? .unusable(text)
        }
    }

    /// Several texts.
    init(list accepted: String, _ parse: @escaping @Sendable ([String]) -> Reading) {
        isList = true
        self.accepted = accepted
        self.parse = parse
    }

    func read(_ texts: [String]) -> Reading { parse(texts) }
}

extension ValueForm where Value == String {
    /// Any text; checked where it is used.
    static var text: ValueForm { ValueForm("a string") { $0 } }

    /// A short name that people are shown.
    static var title: ValueForm {
        ValueForm("1 to 64 visible characters, with no space at either end") { text in
            OneLineText.isName(text, longest: 64) ? text : nil
        }
    }
}

extension ValueForm where Value == Bool {
    /// `true` or `false`, and none of YAML's other words for them.
    static var flag: ValueForm {
        ValueForm("true or false") { text in
            switch text {
            case "true": true
            case "false": false
            default: nil
            }
        }
    }
}

extension ValueForm where Value == Duration {
    /// A duration as ``DurationText`` reads it, within the range.
    static func duration(_ range: ClosedRange<Duration>) -> ValueForm {
        let bounds = [range.lowerBound, range.upperBound].map(DurationText.string)
        return ValueForm("a duration from \(bounds[0]) to \(bounds[1])") { text in
            DurationText.parse(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension ValueForm where Value == Int {
    /// A whole number within the range.
    static func integer(_ range: ClosedRange<Int>) -> ValueForm {
        ValueForm("a whole number from \(range.lowerBound) to \(range.upperBound)") { WholeNumber.read($0, in: range) }
    }
}

extension ValueForm where Value == Int? {
    /// `cores`, which is nil, or a number of threads.
    static var threads: ValueForm {
        ValueForm("cores or a whole number from 1 to 1024") { text in
            if text == "cores" { return .some(nil) }
            return WholeNumber.read(text, in: 1...1024).map(Optional.some)
        }
    }
}

/// Only digits: no sign, no space, no fraction.
private enum WholeNumber {
    static func read(_ text: String, in range: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), range.contains(number)
        else { return nil }
        return number
    }
}

extension ValueForm where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the words of a closed list.
    static func choice(_ list: Value.Type) -> ValueForm {
        let words = list.allCases.map(\.rawValue)
        let accepted = (words.count > 1 ? words.dropLast().joined(separator: ", ") + " or " : "") + (words.last ?? "")
        return ValueForm(accepted) { text in list.allCases.first { $0.rawValue.utf8.elementsEqual(text.utf8) } }
    }
}

extension ValueForm where Value == [ListenAddress] {
    static var addresses: ValueForm {
        ValueForm(list: "addresses like 127.0.0.1:8080 or [::1]:8080") { texts in
            var addresses: [ListenAddress] = []
            for text in texts {
                guard let address = ListenAddress(text) else { return .unusable(text) }
                addresses.append(address)
            }
            return .value(addresses)
        }
    }
}

extension ValueForm where Value == TrustedProxies {
    static var networks: ValueForm {
        ValueForm(list: "addresses or networks like 10.0.0.0/8") { texts in
            do throws(TrustedProxies.InvalidNetwork) {
                return .value(try TrustedProxies(texts))
            } catch {
                return .unusable(error.text)
            }
        }
    }
}

extension ValueForm where Value == Colour {
    static var colour: ValueForm { ValueForm("a colour like #7D5400, in quotation marks in YAML") { Colour($0) } }
}

extension ValueForm where Value == [ScopeSentence] {
    static var scopeSentences: ValueForm {
        ValueForm(
            list: "scopes with a sentence like orders:read=See your orders, each once, of at most "
                + "\(ScopeSentence.longest) characters, and no scope of OpenID Connect or of the server's own"
        ) { texts in
            var sentences: [ScopeSentence] = []
            for text in texts {
                guard let sentence = ScopeSentence(text),
                    !sentences.contains(where: { $0.scope.equalsBytes(of: sentence.scope) })
                else { return .unusable(text) }
                sentences.append(sentence)
            }
            return .value(sentences)
        }
    }
}

extension ValueForm where Value == [ReleasedClaims] {
    static var releasedClaims: ValueForm {
        ValueForm(list: "scopes with claims like staff=department cost_center, and no claim of the server's own") {
            texts in
            var released: [ReleasedClaims] = []
            for text in texts {
                guard let item = ReleasedClaims(text) else { return .unusable(text) }
                released.append(item)
            }
            return .value(released)
        }
    }
}
