/// The best of many scored things, best first; of equal ones the first stands first.
struct BestOf<Thing> {
  let limit: Int
  private(set) var things: [(score: Double, thing: Thing)] = []

  /// What a score must be above to be among them; -∞ never is.
  private(set) var bound = -Double.infinity

  init(_ limit: Int) { self.limit = limit }

  mutating func add(_ thing: @autoclosure () -> Thing, _ score: Double) {
    guard score > bound else { return }
    if things.count == limit { things.removeLast() }
    let place = things.firstIndex { $0.score < score } ?? things.count
    things.insert((score, thing()), at: place)
    if things.count == limit, let last = things.last { bound = last.score }
  }
}
