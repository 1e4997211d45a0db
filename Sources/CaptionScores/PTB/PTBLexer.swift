/// Reads a text of several lines by the rules.
struct PTBLexer {
  private let units: [UInt16]
  private let rules = PTBRules.all
  private let machine = PatternMachine(PTBRules.all.map(\.whole))
  private var parts: [Int: (own: PatternMachine, following: PatternMachine)] = [:]

  init(_ text: String) { units = Array(text.utf16) }

  /// The words of each line, punctuation left out.
  mutating func lines() -> [[String]] {
    var lines: [[String]] = [], line: [String] = [], position = 0
    while position < units.count {
      let rest = units[position...]
      guard let match = machine.match(rest) else {
        position += 1
        continue
      }
      let own = rest.prefix(ownLength(of: match, in: rest))
      position += own.count
      switch rules[match.pattern].outcome {
      case .space: break
      case .newline:
        lines.append(Self.counted(line))
        line = []
      case .without(let count):
        line.append(PTBRule.Outcome.word.text(of: own.dropLast(count)))
        position -= count
      case let outcome:
        // Markup may go on in the next line.
        let pieces = outcome.text(of: own).split(
          separator: "\n", omittingEmptySubsequences: false)
        line.append(String(pieces[0]))
        for piece in pieces.dropFirst() {
          lines.append(Self.counted(line))
          line = [String(piece)]
        }
      }
    }
    return lines + [Self.counted(line)]
  }

  /// The length without what must follow.
  private mutating func ownLength(
    of match: PatternMachine.Match, in rest: ArraySlice<UInt16>
  ) -> Int {
    let rule = rules[match.pattern]
    guard let following = rule.following else { return match.length }
    let machines = parts[match.pattern]
      ?? (PatternMachine([rule.pattern]), PatternMachine([following]))
    parts[match.pattern] = machines
    let whole = rest.prefix(match.length)
    return machines.own.ends(whole).last { end in
      machines.following.ends(whole.dropFirst(end)).last == match.length - end
    } ?? match.length
  }

  /// The line's words that count; blanks at the line's end do not.
  private static func counted(_ line: [String]) -> [String] {
    var line = line
    while let last = line.last?.unicodeScalars.last, last.isBlank {
      line[line.count - 1].unicodeScalars.removeLast()
    }
    return line.filter { !punctuation.contains(Array($0.utf8)) }
  }

  /// As bytes: to Swift some other characters equal these.
  private static let punctuation = Set(
    ["", "''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"]
      .map { Array($0.utf8) })
}
