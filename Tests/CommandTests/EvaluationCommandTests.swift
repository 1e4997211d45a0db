import Foundation
import TestSupport
import Testing

@Suite("coca-eval")
struct EvaluationCommandTests {
  @Test("a file that cannot be written is told before the records are read", arguments: [
    ("model", "is a folder"), ("nowhere/x", "there is no folder"), ("", "--to is empty"),
  ])
  func target(to: String, text: String) throws {
    let home = try TestFolder()
    try TinyCheckpoint.write(to: home.file("model"))
    let outcome = try Job.run(
      "coca-eval", ["embed", "model", "--records", "none", "--to", to, "--threads", "1"],
      in: home.url)
    #expect(outcome.code == 64 && outcome.errors.contains(text), "\(outcome.all)")
  }
}
