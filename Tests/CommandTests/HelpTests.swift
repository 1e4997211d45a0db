import Foundation
import Records
import TestSupport
import Testing

@Suite("Help")
struct HelpTests {
  @Test("of a command ends with 0 and shows an example in 80 to 100 columns", arguments: [
    ["coca-train"], ["coca-shard", "pack"], ["coca-shard", "tokenizer"],
    ["coca-shard", "stats"], ["coca-eval"], ["coca-eval", "score-captions"],
    ["coca-eval", "search"], ["coca-eval", "duplicates"], ["coca-eval", "embed"],
    ["coca-convert"], ["coca-convert", "import"], ["coca-convert", "export"],
    ["coca-convert", "inspect"],
  ])
  func examples(command: [String]) throws {
    let text = try help(command)
    let name = command.joined(separator: " ")
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("USAGE:") }
    #expect(lines.contains { $0.contains("\(name) ") }, "\(text)")
    #expect(lines.allSatisfy { $0.count <= 100 }, "\(text)")
  }

  @Test("is wrapped once in 80 columns: a line ends where the next word has no room; examples fit",
        arguments: [
          "coca-train", "coca-shard", "coca-shard pack", "coca-shard tokenizer",
          "coca-shard inspect", "coca-shard verify", "coca-shard stats", "coca-shard index",
          "coca-shard list", "coca-shard extract", "coca-eval", "coca-eval loss",
          "coca-eval retrieval", "coca-eval zero-shot", "coca-eval caption", "coca-eval embed",
          "coca-eval score-captions", "coca-eval search", "coca-eval duplicates",
          "coca-convert", "coca-convert import", "coca-convert export", "coca-convert inspect",
        ])
  func wrapping(command: String) throws {
    let text = try help(command.split(separator: " ").map(String.init))
    let prose = text.prefix(upTo: try #require(text.firstRange(of: "USAGE:")).lowerBound)
    let lines = prose.split(separator: "\n", omittingEmptySubsequences: false)
    for (line, next) in zip(lines, lines.dropFirst()) where next.first?.isWhitespace == false {
      #expect(!line.hasPrefix(" "), "an example goes on with: \(next)")
      let word = next.prefix { $0 != " " }
      #expect(line.isEmpty || line.count + 1 + word.count > 79, "\(line)|\(word)")
    }
  }

  @Test("names every part of the contract's commands", arguments: [
    (["coca-train"], [
      "--set", "--output", "--resume", "--threads", "--binding", "--time-limit", "--dry-run",
      "--profile", "--self-test", "--json", "--version", "--keys",
    ]),
    (["coca-shard"], [
      "--version", "pack", "inspect", "verify", "stats", "index", "list", "extract", "tokenizer",
    ]),
    (["coca-shard", "stats"], ["--json", "--html", "--limit", "--jobs"]),
    (["coca-shard", "pack"], [
      "--to", "--format", "--root", "--split", "--no-header", "--image-column",
      "--caption-column", "--labels-column", "--shard-size", "--frame-size", "--level",
      "--max-side", "--seed", "--limit", "--jobs", "--part", "--names", "--parents", "--min-side",
      "--duplicates", "--against", "--verbose",
    ]),
    (["coca-shard", "inspect"], ["--json"]), (["coca-shard", "list"], ["--text", "--limit"]),
    (["coca-shard", "extract"], ["--to", "--key"]), (["coca-shard", "verify"], ["<directory>"]),
    (["coca-shard", "index"], ["<directory>"]),
    (["coca-shard", "tokenizer"], ["--to", "--vocabulary", "--text", "--limit", "--seed"]),
    (["coca-eval"], ["--version", "zero-shot", "retrieval", "caption", "embed", "loss"]),
    (["coca-eval", "score-captions"], [
      "<result>", "<references>", "--split", "--partial", "--meteor-jar", "--per-image", "--json",
    ]),
    (["coca-eval", "search"], [
      "<embeddings>", "--checkpoint", "--text", "--image", "--key", "--queries", "--k", "--html",
      "--json",
    ]),
    (["coca-eval", "duplicates"], ["<embeddings>", "--against", "--threshold", "--to"]),
    (["coca-eval", "embed"], ["--format", "safetensors", "clip-retrieval", "--rows-per-file"]),
    (["coca-convert"], ["--version", "import", "export", "inspect"]),
    (["coca-convert", "import"], [
      "<source>", "--to", "--optimizer", "--cls-mask", "--model", "--tokenizer", "legacy",
      "correct",
    ]),
    (["coca-convert", "export"], [
      "<checkpoint>", "--to", "--format", "openclip", "pytorch", "safetensors",
    ]),
    (["coca-convert", "inspect"], ["<path>", "--json"]),
  ])
  func contract(command: [String], parts: [String]) throws {
    let text = try help(command)
    for part in parts { #expect(text.contains(part), "\(part) in \(text)") }
  }

  @Test("--version prints the version alone, the same of all programs", arguments: [
    "coca-train", "coca-shard", "coca-eval", "coca-convert",
  ])
  func version(program: String) throws {
    let outcome = try Job.run(program, ["--version"], in: URL(fileURLWithPath: "/"))
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.all)")
    #expect(outcome.output == programVersion + "\n", "\(outcome.all)")
  }

  private func help(_ command: [String]) throws -> String {
    let outcome = try Job.run(
      command[0], command.dropFirst() + ["--help"], in: URL(fileURLWithPath: "/"))
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.all)")
    return outcome.output
  }
}
