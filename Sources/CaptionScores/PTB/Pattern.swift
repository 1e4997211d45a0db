/// A regular expression over UTF-16 units.
indirect enum Pattern: Hashable, Sendable {
  case set(UnitSet)
  case sequence([Pattern])
  case either([Pattern])
  /// At least so often; at most so often, or without end.
  case repeated(Pattern, Int, Int?)
}

/// Reads a pattern as text: `( ) | * + ? {2,4} {name} [a-z] [^a-z] [{letter}]`. Letters outside of
/// brackets match both cases; those inside match their own. A point is a point.
struct PatternReader {
  private let units: [Unicode.Scalar]
  private let names: [String: Pattern]
  private var position = 0

  /// - Parameter names: what `{name}` stands for.
  static func read(_ text: String, names: [String: Pattern]) -> Pattern {
    var reader = PatternReader(units: Array(text.unicodeScalars), names: names)
    let pattern = reader.either()
    precondition(reader.next == nil, "the pattern \(text) ends early")
    return pattern
  }

  private init(units: [Unicode.Scalar], names: [String: Pattern]) {
    (self.units, self.names) = (units, names)
  }

  private var next: Unicode.Scalar? { position < units.count ? units[position] : nil }

  private mutating func take() -> Unicode.Scalar {
    precondition(position < units.count, "a pattern is not complete")
    defer { position += 1 }
    return units[position]
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == character else { return false }
    position += 1
    return true
  }

  private mutating func either() -> Pattern {
    var branches = [sequence()]
    while take("|") { branches.append(sequence()) }
    return branches.count == 1 ? branches[0] : .either(branches)
  }

  private mutating func sequence() -> Pattern {
    var parts: [Pattern] = []
    while let character = next, character != "|", character != ")" {
      parts.append(repeated(atom()))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func repeated(_ pattern: Pattern) -> Pattern {
    if take("*") { return repeated(.repeated(pattern, 0, nil)) }
    if take("+") { return repeated(.repeated(pattern, 1, nil)) }
    if take("?") { return repeated(.repeated(pattern, 0, 1)) }
    guard next == "{", position + 1 < units.count, ("0"..."9").contains(units[position + 1]) else {
      return pattern
    }
    position += 1
    let bounds = name().split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    return .repeated(pattern, bounds[0] ?? 0, bounds.count == 1 ? bounds[0] : bounds[1])
  }

  private mutating func atom() -> Pattern {
    switch take() {
    case "(":
      let inner = either()
      precondition(take(")"), "a bracket of a pattern is open")
      return inner
    case "[": return .set(set())
    case "{": return named(name())
    case "\\": return .set(UnitSet(anyCaseOf: Self.unit(take())))
    case let character: return .set(UnitSet(anyCaseOf: Self.unit(character)))
    }
  }

  /// What stands before `}`.
  private mutating func name() -> String {
    var name = ""
    while !take("}") { name.unicodeScalars.append(take()) }
    return name
  }

  private func named(_ name: String) -> Pattern {
    guard let pattern = names[name] else { preconditionFailure("no pattern is called \(name)") }
    return pattern
  }

  private mutating func set() -> UnitSet {
    var set = UnitSet()
    set.isNegated = take("^")
    while !take("]") {
      if take("{") {
        guard case .set(let other) = named(name()), !other.isNegated else {
          preconditionFailure("only sets stand in a set")
        }
        set.ranges += other.ranges
        set.categories.formUnion(other.categories)
        continue
      }
      let first = member()
      guard next == "-", position + 1 < units.count, units[position + 1] != "]" else {
        set.ranges.append(first...first)
        continue
      }
      position += 1
      set.ranges.append(first...member())
    }
    return set
  }

  private mutating func member() -> UInt16 {
    let character = take()
    return Self.unit(character == "\\" ? take() : character)
  }

  private static func unit(_ character: Unicode.Scalar) -> UInt16 {
    precondition(character.value < 0x10000, "a pattern names single UTF-16 units")
    return UInt16(character.value)
  }
}
