import Evaluation
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

  @Test("every task is a subcommand, and its help tells its options and an example")
  func help() throws {
    for task in EvaluationTasks.all {
      let outcome = try Job.run("coca-eval", [task.name, "--help"], in: URL(fileURLWithPath: "/"))
      #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.all)")
      #expect(outcome.output.contains("coca-eval \(task.name) runs/"), "\(outcome.all)")
      let common = ["--records", "--limit", "--threads", "--json", "--format", "--to"]
      for option in common + task.options.map({ "--\($0.name)" }) {
        let isThere = outcome.output.contains("  \(option) ")
          || outcome.output.contains("  \(option), ")
        #expect(isThere, "\(option) in \(outcome.output)")
      }
    }
  }

  @Test("options are checked before anything is opened", arguments: [
    ("loss x", "Missing expected argument '--records <records>'"),
    ("zero-shot x --classes y", "Give either --records or --images."),
    ("zero-shot x --records y", "Missing expected argument '--classes <classes>'"),
    ("retrieval x --records y --captions 0", "--captions: 0 is below 1."),
    ("retrieval x --records y --captions a", "The value 'a' is invalid for"),
    ("caption x", "Give either --records or --images."),
    ("caption x --records y --images a", "Give either --records or --images."),
    ("caption x --records y --max-tokens 1", "--max-tokens: 1 is below 2."),
    ("caption x --records y --beam 0", "--beam: 0 is not between 1 and 1000."),
    ("caption x --records y --top-p 1.5", "--top-p: 1.5 is not between 1e-06 and 1.0."),
    ("caption x --records y --temperature nan", "--temperature: nan is not between"),
    ("caption x --records y --beam 2 --early-stopping yes",
     "--early-stopping: yes is not one of false, true, never."),
    ("caption x --records y --greedy --num-beams 3", "--beam: cannot go with --greedy. Choose one"),
    ("caption x --records y --beam 3 --seed 3", "--seed: cannot go with --beam. Choose one"),
    ("caption x --records y --sample --greedy", "--sample: cannot go with --greedy. Choose one"),
    ("caption x --records y --length-penalty 2", "--length-penalty: is for beams. Add --beam N"),
    ("caption x --records y --beam 6 --num-beam-groups 4", "divided into 4 equal groups"),
    ("caption x --records y --beam 6 --num-beam-groups 3", "all groups find the same captions"),
    ("caption x --records y --beam 6 --diversity-penalty 1", "is for several groups. Add"),
    ("caption x --records y --num-return-sequences 2", "a greedy search finds one caption"),
    ("caption x --records y --beam 2 --num-return-sequences 3",
     "--num-return-sequences: 3 captions are more than 2 beams. Give at most 2"),
    ("caption x --records y --max-tokens 9 --max-new-tokens 9", "cannot go with --max-tokens"),
    ("caption x --records y --min-new-tokens 9 --max-new-tokens 8",
     "--min-new-tokens: 9 is more than --max-new-tokens 8. Give at most 8"),
    ("caption x --records y --json --format coco", "--json is --format jsonl."),
    ("loss x --records y --format coco", "--format: loss has no form coco."),
    ("loss x --records y --format xml", "The value 'xml' is invalid for '--format <format>'"),
    ("caption x --images y --greedy", "x: is neither a checkpoint nor a run's folder"),
    ("loss x --records y --classes c", "Unknown option '--classes'"),
    ("loss x --records y --images z", "Unknown option '--images'"),
    ("embed x --to y", "Give either --records, or --images, --texts or both."),
    ("embed x --records y --texts z --to t",
     "Give either --records, or --images, --texts or both."),
  ])
  func options(line: String, text: String) throws {
    let outcome = try Job.run(
      "coca-eval", line.split(separator: " ").map(String.init), in: URL(fileURLWithPath: "/"))
    #expect(outcome.code == 64 && outcome.errors.contains(text), "\(outcome.all)")
  }

  @Test("a model without what a task needs is refused, with its place", arguments: [
    "loss --records none", "zero-shot --records none --classes none", "caption --images none",
  ])
  func needs(line: String) throws {
    let home = try TestFolder()
    try TinyCheckpoint.write(to: home.file("model"))
    let words = line.split(separator: " ").map(String.init)
    let outcome = try Job.run(
      "coca-eval", [words[0], "model", "--threads", "1"] + words.dropFirst(), in: home.url)
    let text = "coca-eval: model: has no tokenizer; task \(words[0]) needs it. "
    #expect(outcome.code == 64 && outcome.errors.hasPrefix(text), "\(outcome.all)")
  }
}
