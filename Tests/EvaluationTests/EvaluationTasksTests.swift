import CoCaModel
import Collectives
import Evaluation
import Foundation
import Testing

@Suite("Evaluation tasks")
struct EvaluationTasksTests {
  @Test("have names of their own, by which they are found")
  func names() {
    let names = EvaluationTasks.all.map { $0.name }
    #expect(Set(names).count == names.count && names.count >= 4)
    #expect(TaskName.allCases.map(\.rawValue) == names)
    #expect(TaskName.allCases.map { $0.task.name } == names)
    #expect(TaskName(rawValue: "embed") == nil)
  }

  @Test("have options that stand in no other's place, and one name is one option")
  func options() {
    let arguments = [
      "checkpoint", "threads", "limit", "records", "images", "json", "format", "to",
    ]
    let keys = ["name", "records", "task", "limit"]
    for task in EvaluationTasks.all {
      let names = task.options.map(\.name)
      #expect(Set(names).count == names.count && Set(names).isDisjoint(with: arguments))
      for option in task.options where option.isKey {
        #expect(!keys.contains(option.key), "\(option.key)")
        #expect(EvaluationTasks.names(with: option).contains(task.name))
        #expect(EvaluationTasks.keys.filter { $0.key == option.key } == [option])
      }
    }
  }

  @Test("refuse a model without a part that they need, naming both", arguments: ModelPart.allCases)
  func needs(part: ModelPart) throws {
    let all = Set(ModelPart.allCases)
    for task in EvaluationTasks.all {
      try task.check(all, of: "runs/x")
      guard task.modelNeeds.contains(part) else {
        try task.check(all.subtracting([part]), of: "runs/x")
        continue
      }
      let error = #expect(throws: ModelError.self) {
        try task.check(all.subtracting([part]), of: "runs/x")
      }
      #expect(error?.exitCode == ExitCode.usage)
      #expect(
        error?.description.hasPrefix(
          "runs/x: has no \(part.title); task \(task.name) needs it. ") == true)
    }
  }

  @Test("a saved CoCa has a tokenizer or not, both halves, and no classes")
  func parts() throws {
    #expect(try SmallWorld.saved().parts == [.tokenizer, .embeddings, .captions])
    #expect(try SmallWorld.saved(tokenizer: nil).parts == [.embeddings, .captions])
  }

  @Test("one by one answer as the evaluator does, and every figure stands in the result's JSON")
  func results() throws {
    let world = try SmallWorld()
    let records = [try world.records("set", SmallWorld.samples(11))]
    let evaluator = Evaluator(saved: try SmallWorld.saved(), over: SoloCommunicator(), batch: 4)
    let classes = world.folder.file("classes.txt")
    try Data("a|b\nc\nd\ne\n".utf8).write(to: classes)
    var values = TaskValues()
    for option in EvaluationTasks.keys where option.name == "classes" {
      values[option] = .text(classes.path)
    }
    var found: [String: [Figure]] = [:]
    for name in ["loss", "retrieval", "zero-shot", "caption"] {
      let task = try #require(TaskName(rawValue: name)).task.init(values)
      let result = try task.run(evaluator, records: records, limit: 9)
      let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(result))
      for figure in result.figures {
        let value = figure.name.split(separator: "/").reduce(json as Any?) { tree, key in
          (tree as? [String: Any])?[String(key)]
        }
        let difference = (value as? Double).map { abs($0 - figure.value) }
        #expect(difference ?? 1 < 1e-12 && !figure.unit.isEmpty, "\(figure)")
      }
      #expect(!result.summary.contains("\n") && result.text.hasSuffix("\n"))
      found[name] = result.figures
    }
    let scores = try evaluator.zeroShot(
      records: records, classes: ClassNames(file: classes), prompts: .default, limit: 9)
    #expect(found["zero-shot"] == scores.figures)
    #expect(
      found.mapValues { $0.map(\.name) } == [
        "loss": ["contrastive", "caption"], "zero-shot": ["top1", "top5", "mean_per_class"],
        "retrieval": ["image_to_text", "text_to_image"].flatMap { way in
          ["r1", "r5", "r10"].map { "\(way)/\($0)" }
        }, "caption": [],
      ])
  }
}
