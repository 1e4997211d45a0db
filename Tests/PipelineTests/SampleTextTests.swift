import Pipeline
import Records
import Tensors
import Testing
import TestSupport
import Text

@Suite("Sample text")
struct SampleTextTests {
  let text = SampleText(tokenizer: ByteTokenizer(), vocabularySize: 260, context: 8)

  private func random(_ epoch: Int) -> CounterRandom {
    CounterRandom(seed: 1, "text", KeyPart(epoch))
  }

  private func decoded(
    _ annotation: Annotation, _ kind: SampleSource.Text, _ epoch: Int = 0
  ) throws -> String {
    ByteTokenizer().decode(try text.ids(annotation, as: kind, random: random(epoch)))
  }

  @Test("a caption is start, pieces, end, cut to the context with the end kept")
  func captions() throws {
    let short = try text.ids(Annotation(captions: ["ab"]), as: .caption, random: random(0))
    #expect(short == [2, 101, 102, 3])
    let long = try text.ids(
      Annotation(captions: ["abcdefghijk"]), as: .caption, random: random(0))
    #expect(long.count == 8 && long.last == 3 && long.first == 2)
  }

  @Test("over epochs each of several captions is drawn, empty ones never")
  func severalCaptions() throws {
    let annotation = Annotation(captions: ["a", "", "b", " ", "c"])
    let drawn = try (0..<60).map { try decoded(annotation, .caption, $0) }
    #expect(Set(drawn) == ["a", "b", "c"])
    #expect(try (0..<60).map { try decoded(annotation, .caption, $0) } == drawn)
  }

  @Test("labels come in every order and prompt, empty ones left out")
  func labels() throws {
    let annotation = Annotation(labels: ["a", "b", ""])
    let prompts = try Prompts(text: "{}\nX{}", name: "test")
    let drawn = try (0..<60).map { try decoded(annotation, .labels(prompts), $0) }
    #expect(Set(drawn) == ["a, b", "b, a", "Xa, b", "Xb, a"])
  }

  @Test("of weighted fields one that the sample has is drawn, as often as its weight says")
  func fields() throws {
    let prompts = try Prompts(text: "X{}", name: "test")
    func field(_ name: String, _ weight: Double) -> SampleSource.Field {
      SampleSource.Field(name: name, weight: weight, prompts: prompts)
    }
    let kind = SampleSource.Text.fields([
      field("caption", 3), field("labels", 1), field("recaption", 4),
    ])
    let all = Annotation(
      captions: ["a", "b"], labels: ["l"], texts: ["recaption": ["r", "s"], "other": ["o"]])
    let drawn = try (0..<8000).map { try decoded(all, kind, $0) }
    let counts = Dictionary(grouping: drawn, by: \.self).mapValues(\.count)
    #expect(Set(counts.keys) == ["a", "b", "Xl", "r", "s"])
    for (text, expected) in [("a", 1500), ("b", 1500), ("Xl", 1000), ("r", 2000), ("s", 2000)] {
      #expect(abs((counts[text] ?? 0) - expected) < 200, "\(counts)")
    }
    let some = Annotation(captions: [" "], labels: ["l"])
    #expect(try Set((0..<50).map { try decoded(some, kind, $0) }) == ["Xl"])
    #expect(throws: BadSample.Reason.noText) { try decoded(Annotation(texts: ["x": ["y"]]), kind) }
  }

  @Test("ready ids are taken as they are, longer ones cut with the last kept")
  func tokens() throws {
    func ids(_ tokens: [Int32]) throws -> [Int32] {
      try text.ids(Annotation(tokens: tokens), as: .tokens, random: random(0))
    }
    #expect(try ids([5, 0, 259, 7]) == [5, 0, 259, 7])
    #expect(try ids([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) == [1, 2, 3, 4, 5, 6, 7, 10])
    #expect(throws: BadSample.Reason.tokenOutOfRange(id: 260, vocabulary: 260)) {
      try ids([1, 260])
    }
    #expect(throws: BadSample.Reason.tokenOutOfRange(id: -1, vocabulary: 260)) {
      try ids([-1, 2])
    }
  }

  @Test("no caption, no label and fewer than two ids are no text", arguments: [
    (Annotation(), .caption), (Annotation(captions: ["", "\t \n"]), .caption),
    (Annotation(labels: [" "]), .labels(.default)), (Annotation(captions: ["a"]), .tokens),
    (Annotation(tokens: [7]), .tokens), (Annotation(captions: ["a"]), .labels(.none)),
  ] as [(Annotation, SampleSource.Text)])
  func noText(annotation: Annotation, kind: SampleSource.Text) {
    #expect(throws: BadSample.Reason.noText) {
      try text.ids(annotation, as: kind, random: random(0))
    }
  }

  @Test("labels or ids without a caption are told with the value of `text` that reads them",
    arguments: [
      (Annotation(captions: [" "], labels: ["wren"]), "labels"),
      (Annotation(tokens: [2, 9, 3]), "tokens"),
    ])
  func noCaption(annotation: Annotation, kind: String) {
    let error = #expect(throws: BadSample.Reason.self) {
      try text.ids(annotation, as: .caption, random: random(0))
    }
    #expect(error?.text.contains("`text: \(kind)` of a run file") == true)
  }

  @Test("without a tokenizer only ready ids are made")
  func withoutTokenizer() throws {
    let bare = SampleText(tokenizer: nil, vocabularySize: 10, context: 8)
    #expect(bare.makes(.tokens) && !bare.makes(.caption) && !bare.makes(.labels(.none)))
    #expect(try bare.ids(Annotation(tokens: [1, 9]), as: .tokens, random: random(0)) == [1, 9])
  }
}
