import Foundation
import Tensors
import Testing
import TestSupport
import Text

@Suite("Prompts and labels")
struct PromptsTests {
  @Test("the default prompts are distinct, hold one place each and fill")
  func defaults() {
    let templates = Prompts.default.templates
    #expect((20...40).contains(templates.count))
    #expect(Set(templates).count == templates.count)
    for (index, template) in templates.enumerated() {
      let filled = Prompts.default.fill(template: index, name: "two {} birds")
      #expect(filled == template.replacing("{}", with: "two {} birds"))
    }
    #expect(Prompts.none.fill(template: 0, name: "cat") == "cat")
  }

  @Test("a file's comments and empty lines are left out")
  func file() throws {
    let folder = try TestFolder()
    let file = try folder.write("# ours\n\n a {} \r\nthe {} here\n", to: "prompts.txt")
    #expect(try Prompts(file: file).templates == ["a {}", "the {} here"])
  }

  @Test("a folder in the place of a file is told as one")
  func folder() {
    let folder = FileManager.default.temporaryDirectory
    #expect(throws: TextError(folder.path, .unreadable("it is a folder"))) {
      try Prompts(file: folder)
    }
    #expect(throws: TextError(folder.path, .unreadable("it is a folder"))) {
      try TokenizerFile.open(folder)
    }
  }

  @Test("a line without exactly one place is named", arguments: [("ok {}\nplain", 2), ("{} {}", 1)])
  func badLine(text: String, line: Int) {
    #expect {
      try Prompts(text: text, name: "p.txt")
    } throws: { error in
      guard case .badPrompt(line, _) = (error as? TextError)?.reason else { return false }
      return "\(error)".hasPrefix("p.txt: line \(line): ")
    }
  }

  @Test("a file without prompts is refused", arguments: ["", "# only this\n"])
  func empty(text: String) {
    #expect(throws: TextError("p.txt", .badPrompt(line: 1, "there is no prompt"))) {
      try Prompts(text: text, name: "p.txt")
    }
  }

  @Test("labels come in every order, each once, in every prompt")
  func labels() throws {
    let labels = ["cat", "dog", "owl"]
    let prompts = try Prompts(text: "a {}.\nthe {}!", name: "p")
    var seen: Set<String> = []
    for sample in 0..<500 {
      let random = CounterRandom(seed: 1, "labels", KeyPart(sample))
      let text = LabelText.text(labels: labels, prompts: prompts, random: random)
      #expect(text == LabelText.text(labels: labels, prompts: prompts, random: random))
      seen.insert(text)
    }
    #expect(seen.count == 12)
    for text in seen {
      let inner = text.hasPrefix("a ") ? text.dropFirst(2) : text.dropFirst(4)
      #expect(inner.dropLast().components(separatedBy: ", ").sorted() == labels)
    }
  }

  @Test("one of a label's synonyms is drawn, and what it belongs to by the toss of a coin")
  func synonyms() {
    let label = "animal > bird|fowl > wren|Troglodytes"
    let seen = Set((0..<2000).map { sample in
      let random = CounterRandom(seed: 1, "labels", KeyPart(sample))
      return LabelText.text(labels: [label], prompts: .none, random: random)
        .components(separatedBy: ", ").sorted().joined(separator: " ")
    })
    let more = ["", "animal ", "animal bird ", "animal fowl ", "bird ", "fowl "]
    let expected = ["wren", "Troglodytes"].flatMap { name in
      more.map { more in (more + name).split(separator: " ").sorted().joined(separator: " ") }
    }
    #expect(seen == Set(expected))
    #expect(LabelText.plain(labels: [label, "a > b", "plain"]) == "wren, b, plain")
  }

  @Test("a name is said once, and a label without one stays as it is", arguments: [
    (["x > a", "x > a", "a"], ["a", "x"]), (["|", "b"], ["b", "|"]), ([" > ", "c|"], [" > ", "c"]),
  ])
  func oddLabels(labels: [String], names: [String]) {
    for sample in 0..<50 {
      let random = CounterRandom(seed: 1, "labels", KeyPart(sample))
      let text = LabelText.text(labels: labels, prompts: .none, random: random)
      let said = text.components(separatedBy: ", ")
      #expect(Set(said).count == said.count && Set(said).isSubset(of: names), "\(said)")
    }
  }

  @Test("no labels give no text")
  func noLabels() {
    let random = CounterRandom(seed: 0)
    #expect(LabelText.text(labels: [], prompts: .default, random: random) == "")
  }
}
