import Evaluation
import Foundation
import Testing

@Suite("Documentation of the tasks")
struct TaskDocumentationTests {
  @Test("docs/evaluation.md has a row for each task that says what the task says")
  func evaluation() throws {
    let lines = try text("docs/evaluation.md").split(separator: "\n").map(String.init)
    let header = try #require(lines.firstIndex { $0.hasPrefix("| task | what it does | ") })
    let rows = lines[(header + 2)...].prefix { $0.hasPrefix("| `") }
    #expect(Array(rows) == EvaluationTasks.all.map { row($0) })
  }

  @Test("docs/configuration.md lists the tasks, and with each key the tasks that take it")
  func configuration() throws {
    let text = try text("docs/configuration.md")
    let names = EvaluationTasks.all.map { "`\($0.name)`" }.joined(separator: ", ")
    #expect(text.contains("| `validation.sets.task` | \(names) | required |"))
    for option in EvaluationTasks.keys {
      let row = text.split(separator: "\n").first {
        $0.hasPrefix("| `validation.sets.\(option.key)` |")
      }
      for name in EvaluationTasks.names(with: option) {
        #expect(row?.contains("`\(name)`") == true, "\(option.key)")
      }
    }
  }

  @Test("README.md has a row for each task's command")
  func readme() throws {
    let text = try text("README.md")
    for task in EvaluationTasks.all {
      #expect(text.contains("| `coca-eval \(task.name)` |"), "\(task.name)")
    }
  }

  private func row(_ task: any EvaluationTask.Type) -> String {
    let needs = ModelPart.allCases.filter { task.modelNeeds.contains($0) }.map(\.title)
    let shown = task.options.map { "`--\($0.name)`" }
    let keys = task.options.filter(\.isKey).map { "`\($0.key)`" }
    let cells = [
      "`\(task.name)`", task.meaning, task.recordNeed ?? "a picture", needs.joined(separator: ", "),
      shown.joined(separator: ", "), keys.joined(separator: ", "),
    ]
    return cells.reduce("|") { $0 + ($1.isEmpty ? " |" : " \($1) |") }
  }

  private func text(_ path: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../..").standardizedFileURL
    return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }
}
