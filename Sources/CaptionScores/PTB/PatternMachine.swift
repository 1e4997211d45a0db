/// Several patterns matched at once: the longest match wins, among equals the pattern that was
/// given first.
///
/// The states are sets of places in the patterns, made when they are first reached.
final class PatternMachine {
  /// A match from a position on.
  struct Match: Equatable {
    var pattern: Int
    var length: Int
  }

  private struct Edge {
    var set: Int
    var to: Int
  }

  private var places = Places()
  private let sets: [UnitSet]
  /// Of every unit that was met, the class: units of one class are in the same sets.
  private var classes = [Int16](repeating: -1, count: 1 << 16)
  private var classMembers: [[Bool]: Int16] = [:]
  private var members: [[Bool]] = []
  private var states: [[Int]] = []
  private var numbers: [[Int]: Int] = [:]
  private var accepted: [Int] = []
  private var transitions: [[Int]] = []

  private static let unknown = -2
  private static let dead = -1

  init(_ patterns: [Pattern]) {
    let start = places.add()
    for (number, pattern) in patterns.enumerated() {
      let first = places.add()
      places.empty[start].append(first)
      places.accepts[places.add(pattern, from: first)] = number
    }
    sets = places.sets
    _ = state(of: [start])
  }

  /// The longest match that begins at a unit; nil where no pattern matches a unit or more.
  func match(_ units: ArraySlice<UInt16>) -> Match? { matches(units).last }

  /// The lengths of all matches that begin at a unit, from the shortest.
  func ends(_ units: ArraySlice<UInt16>) -> [Int] { matches(units).map(\.length) }

  private func matches(_ units: ArraySlice<UInt16>) -> [Match] {
    var state = 0, found: [Match] = []
    for (length, unit) in units.enumerated() {
      state = next(after: state, unit)
      guard state != Self.dead else { break }
      if accepted[state] != Int.max {
        found.append(Match(pattern: accepted[state], length: length + 1))
      }
    }
    return found
  }

  private func next(after state: Int, _ unit: UInt16) -> Int {
    let kind = Int(classes[Int(unit)] < 0 ? makeClass(of: unit) : classes[Int(unit)])
    while transitions[state].count <= kind { transitions[state].append(Self.unknown) }
    if transitions[state][kind] == Self.unknown {
      let reached = states[state].flatMap { place in
        places.edges[place].filter { members[kind][$0.set] }.map(\.to)
      }
      transitions[state][kind] = reached.isEmpty ? Self.dead : self.state(of: reached)
    }
    return transitions[state][kind]
  }

  private func makeClass(of unit: UInt16) -> Int16 {
    let row = sets.map { $0.contains(unit) }
    let kind = classMembers[row] ?? Int16(members.count)
    if kind == members.count {
      classMembers[row] = kind
      members.append(row)
    }
    classes[Int(unit)] = kind
    return kind
  }

  /// The number of the state of these places and of those that nothing separates from them.
  private func state(of start: [Int]) -> Int {
    var reached = Set(start), open = start
    while let place = open.popLast() {
      for other in places.empty[place] where reached.insert(other).inserted { open.append(other) }
    }
    let key = reached.sorted()
    if let number = numbers[key] { return number }
    numbers[key] = states.count
    accepted.append(key.compactMap { places.accepts[$0] }.min() ?? Int.max)
    states.append(key.filter { !places.edges[$0].isEmpty })
    transitions.append([])
    return states.count - 1
  }

  /// The places of patterns: before and after each of their sets.
  private struct Places {
    var empty: [[Int]] = []
    var edges: [[Edge]] = []
    var accepts: [Int: Int] = [:]
    var sets: [UnitSet] = []
    private var setNumbers: [UnitSet: Int] = [:]

    mutating func add() -> Int {
      empty.append([])
      edges.append([])
      return empty.count - 1
    }

    /// Adds a pattern behind a place.
    /// - Returns: the place after it.
    mutating func add(_ pattern: Pattern, from first: Int) -> Int {
      switch pattern {
      case .set(let set):
        let last = add(), number = setNumbers[set] ?? sets.count
        if number == sets.count {
          sets.append(set)
          setNumbers[set] = number
        }
        edges[first].append(Edge(set: number, to: last))
        return last
      case .sequence(let parts):
        return parts.reduce(first) { add($1, from: $0) }
      case .either(let branches):
        let last = add()
        for branch in branches {
          let begin = add()
          empty[first].append(begin)
          let end = add(branch, from: begin)
          empty[end].append(last)
        }
        return last
      case .repeated(let pattern, let least, let most):
        return add(pattern, least, most, from: first)
      }
    }

    private mutating func add(
      _ pattern: Pattern, _ least: Int, _ most: Int?, from first: Int
    ) -> Int {
      var place = first
      for _ in 0..<least { place = add(pattern, from: place) }
      guard let most else {
        let loop = add(), last = add()
        empty[place].append(loop)
        let end = add(pattern, from: loop)
        empty[end].append(loop)
        empty[loop].append(last)
        return last
      }
      let last = add()
      empty[place].append(last)
      for _ in least..<max(least, most) {
        place = add(pattern, from: place)
        empty[place].append(last)
      }
      return last
    }
  }
}
