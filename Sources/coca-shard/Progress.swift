/// Reports the progress of long work on standard error, every few seconds.
struct Progress {
  private var last = ContinuousClock.now

  /// - Parameter text: made only when it is printed.
  mutating func update(_ text: @autoclosure () -> String) {
    let now = ContinuousClock.now
    guard now - last >= .seconds(3) else { return }
    last = now
    Failure.tell(text())
  }
}
