import CoCaModel
import Collectives
import Foundation
import TestSupport
import Testing
import Text

@Suite("Sets of self-attention weights")
struct AttentionSetTests {
  private static let both: Set<AttentionSet> = [.causal, .bidirectional]

  private func objective(_ small: SmallModel, reading sets: Set<AttentionSet>) -> Objective {
    // A small weight keeps the differences' rounding far below the gradients.
    Objective(
      small.model, [WeightedTerm(ProbeTerm(attentionSets: sets), 0.02)], over: SoloCommunicator())
  }

  private func gradients(
    _ small: SmallModel, reading sets: Set<AttentionSet>
  ) throws -> [String: [Float]] {
    _ = try objective(small, reading: sets).backward(Pairs(small.images, small.captions))
    return Dictionary(
      uniqueKeysWithValues: small.model.parameters.parameters.map {
        ($0.name, $0.gradient.values)
      })
  }

  @Test("share all but the attention of the text's layers", arguments: SmallModel.Kind.allCases)
  func names(kind: SmallModel.Kind) throws {
    func names(_ sets: Set<AttentionSet>) throws -> Set<String> {
      Set(try SmallModel(kind, attentionSets: sets).model.parameters.parameters.map(\.name))
    }
    let one = try names(.standard), two = try names(Self.both)
    let attention = one.filter { $0.hasPrefix("unimodal.") || $0.hasPrefix("multimodal.") }
      .filter { $0.contains(".attention.") }
    #expect(attention.count == 4 * 8 && attention.contains("unimodal.layers.0.attention.key.bias"))
    let second = attention.map {
      $0.replacingOccurrences(of: ".attention.", with: ".bidirectionalAttention.")
    }
    #expect(two == one.union(second) && one.isDisjoint(with: second))
  }

  @Test("have the gradients of central differences", arguments: [SmallModel.Kind.cascade, .legacy])
  func differences(kind: SmallModel.Kind) throws {
    let small = try SmallModel(kind, attentionSets: Self.both)
    let objective = objective(small, reading: Self.both)
    let pairs = Pairs(small.images, small.captions)
    try checkGradients(
      of: small.model.parameters, elements: 2, step: 0.01, tolerance: 5e-3,
      backward: { _ = try objective.backward(pairs) },
      loss: { try objective.evaluate(pairs).total })
  }

  @Test("have no gradient where no pass names them", arguments: AttentionSet.allCases)
  func unread(read: AttentionSet) throws {
    let found = try gradients(SmallModel(attentionSets: Self.both), reading: [read])
    for half in ["unimodal", "multimodal"] {
      for (set, name) in [
        (AttentionSet.causal, "attention"), (.bidirectional, "bidirectionalAttention"),
      ] {
        let gradient = try #require(found["\(half).layers.1.\(name).query.weight"])
        #expect(gradient.contains { $0 != 0 } == (set == read), "\(half), \(name)")
      }
    }
  }

  @Test("beside the causal one change nothing that it reads")
  func causal() throws {
    let one = try SmallModel(), two = try SmallModel(attentionSets: Self.both)
    let expected = try gradients(one, reading: .standard)
    let found = try gradients(two, reading: .standard)
    for (name, values) in expected { #expect(found[name] == values, "\(name)") }
    func captions(_ small: SmallModel) -> [[Int32]] {
      small.greedyCaptions(prompt: [2], end: -1)
    }
    #expect(captions(two) == captions(one))
  }

  @Test("of equal weights read alike, and of others not")
  func equal() throws {
    let small = try SmallModel(attentionSets: Self.both)
    func hidden(_ set: AttentionSet) -> [Float] {
      var pass = Pass(Pairs(small.images, small.captions), for: [.caption])
      pass.attention = set
      return small.model.hidden(pass, small.images).values
    }
    #expect(hidden(.bidirectional) != hidden(.causal))
    let parameters = small.model.parameters.parameters
    for parameter in parameters where parameter.name.contains(".bidirectionalAttention.") {
      let name = parameter.name.replacingOccurrences(of: "bidirectionalA", with: "a")
      let causal = try #require(parameters.first { $0.name == name })
      parameter.value.pointer.update(from: causal.value.pointer, count: parameter.count)
    }
    #expect(hidden(.bidirectional) == hidden(.causal))
  }

  @Test("stand in the configuration's file where they are not a CoCa's")
  func file() throws {
    var shape = try #require(ModelConfiguration.preset("tiny"))
    let plain = try JSONEncoder().encode(shape)
    #expect(!String(decoding: plain, as: UTF8.self).contains("attention"))
    #expect(try JSONDecoder().decode(ModelConfiguration.self, from: plain) == shape)
    shape.attentionSets = Self.both
    let file = try JSONEncoder().encode(shape)
    #expect(
      String(decoding: file, as: UTF8.self)
        .contains(#""attention_sets":["causal","bidirectional"]"#))
    #expect(try JSONDecoder().decode(ModelConfiguration.self, from: file) == shape)
    shape.attentionSets = [.bidirectional]
    #expect(shape.fault()?.hasPrefix("attention_sets") == true)
  }
}
