import Pipeline
import Records
import Testing
import TestSupport
import Text

@Suite("Source summary")
struct SourceSummaryTests {
  @Test("tells shares, epochs and balance")
  func figures() throws {
    let samples = [300, 10]
    let plan = BatchPlan(
      mixture: try Mixture(batch: 8, weights: [3, 1], samples: samples),
      lanes: Lanes(count: 4), samples: samples)
    let sources = SourceSummary.all(
      names: ["a", "b"], shards: [7, 1], texts: [TextLengths([3, 9, 99, 6], context: 12), nil],
      plan: plan, steps: 100, ranks: 3)
    #expect(sources.map(\.name) == ["a", "b"])
    #expect(sources.map(\.samples) == samples)
    #expect(sources.map(\.shards) == [7, 1])
    #expect(sources.map(\.weight) == [0.75, 0.25])
    #expect(sources.map(\.pairsPerBatch) == [6, 2])
    #expect(sources.map(\.epochsAtEnd) == [2, 20])
    #expect(sources.map(\.tokensPerText) == [7.5, nil])
    #expect(sources.map(\.textsCut) == [0.25, nil])
    #expect(sources.map(\.tokensAtEnd) == [4500, nil])
    #expect(sources.map(\.laneSamples) == [[75, 75], [2, 3]])
    #expect(sources.map(\.rankSamples) == [[75, 150], [2, 5]])
  }

  @Test("texts under a key of their own are measured, start and end included")
  func otherKey() throws {
    let world = try World()
    let json = Field(suffix: "json", bytes: Array("{\"recaption\": \"four\"}".utf8))
    let records = try world.records("a", [Sample(key: "1", fields: [json])])
    let field = SampleSource.Field(name: "recaption", weight: 1, prompts: .none)
    let source = SampleSource(name: "a", records: [records], text: .fields([field]))
    let text = SampleText(tokenizer: ByteTokenizer(), vocabularySize: 260, context: 8)
    #expect(source.textLengths(text, seed: 1) == TextLengths([6], context: 8))
    let shorter = SampleText(tokenizer: ByteTokenizer(), vocabularySize: 260, context: 5)
    #expect(source.textLengths(shorter, seed: 1)?.cut == 1)
    #expect(source.textLengths(shorter, seed: 1)?.mean == 5)
  }
}
