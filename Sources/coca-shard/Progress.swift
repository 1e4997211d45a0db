/// Tells on standard error how far long work has come, every few seconds.
struct Progress {
  private var last = ContinuousClock.now

  /// - Parameter text: made only when it is told.
  mutating func update(_ text: @autoclosure () -> String) {
    let now = ContinuousClock.now
    guard now - last >= .seconds(3) else { return }
    last = now
    Failure.tell(text())
  }
}
