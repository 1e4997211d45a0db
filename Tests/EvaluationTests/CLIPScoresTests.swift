import CaptionScores
import Collectives
import Evaluation
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("CLIPScore")
struct CLIPScoresTests {
  private func rows(_ values: [[Float]]) -> Tensor {
    let tensor = Tensor([values.count, 2])
    for (place, value) in values.joined().enumerated() { tensor.pointer[place] = value }
    return tensor
  }

  @Test("is 2.5 times the cosine, 0 at least; RefCLIPScore is its harmonic mean with a reference's")
  func values() {
    let scores = CLIPScores(
      pictures: rows([[1, 0], [1, 0], [0, 1]]), candidates: rows([[0.6, 0.8], [-1, 0], [0, 1]]),
      references: rows([[0, 1], [1, 0], [0, 1], [0, 1]]), counts: [2, 1, 1])
    let clip = [1.5, 0, 2.5], reference = [2 * 1.5 * 0.8 / 2.3, 0, 2 * 2.5 / 3.5]
    for (image, found) in scores.images.enumerated() {
      #expect(abs(found.clip - clip[image]) < 1e-6)
      #expect(abs((found.reference ?? -1) - reference[image]) < 1e-6)
    }
    #expect(abs(scores.clip - 4.0 / 3) < 1e-6)
    #expect(abs((scores.reference ?? -1) - reference.reduce(0, +) / 3) < 1e-6)
  }

  @Test("an image without references has no RefCLIPScore, and then the set has none")
  func withoutReferences() {
    let scores = CLIPScores(
      pictures: rows([[1, 0], [1, 0]]), candidates: rows([[1, 0], [1, 0]]),
      references: rows([[1, 0]]), counts: [0, 1])
    #expect(scores.images.map { $0.reference == nil } == [true, false])
    #expect(scores.reference == nil && scores.clip == 2.5)
  }
}

@Suite("Scores of a model's captions")
struct ModelCaptionScoresTests {
  private static let captions = (0..<5).map { number in
    JudgedCaption(
      key: "p/\(number)", candidate: "\(number) or so", references: ["\(number)", "\(number) again"])
  }

  @Test("are those of references and of embeddings, the same on 1 to 3 ranks", arguments: 1...3)
  func ranks(size: Int) throws {
    let world = try SmallWorld()
    let records = [try world.records("set", SmallWorld.samples(7))]
    let found = try ThreadRanks.run(size) { ranks in
      let evaluator = Evaluator(saved: try SmallWorld.saved(), over: ranks, batch: 2)
      let scores = try evaluator.scores(of: Self.captions.reversed()) {
        try evaluator.embeddings(records: records, captions: 0)
      }
      return (scores.text, scores.clip?.images.map(\.clip) ?? [])
    }
    #expect(found.allSatisfy { $0.0 == found[0].0 && $0.1.count == 5 })
    for name in ["Bleu_4", "CIDEr", "CLIPScore", "RefCLIPScore"] {
      #expect(found[0].0.contains(name), "\(name)")
    }
    let evaluator = Evaluator(saved: try SmallWorld.saved(), over: SoloCommunicator(), batch: 2)
    let pictures = try evaluator.embeddings(records: records, captions: 0).images
    let text = try evaluator.embeddings(files: [], texts: ["A photo depicts 4 or so"]).texts
    let cosine = (0..<12).reduce(0) { $0 + pictures.pointer[48 + $1] * text.pointer[$1] }
    #expect(abs(found[0].1[0] - 2.5 * max(0, Double(cosine))) < 1e-5)
  }

  @Test("without references there are only those of embeddings")
  func withoutReferences() throws {
    let world = try SmallWorld()
    let records = [try world.records("set", SmallWorld.samples(5))]
    let evaluator = Evaluator(saved: try SmallWorld.saved(), over: SoloCommunicator(), batch: 2)
    let bare = Self.captions.map { JudgedCaption(key: $0.key, candidate: "x", references: []) }
    let scores = try evaluator.scores(of: bare) {
      try evaluator.embeddings(records: records, captions: 0)
    }
    #expect(scores.references == nil && scores.clip?.reference == nil && scores.clip != nil)
    let json = String(decoding: try JSONEncoder().encode(scores), as: UTF8.self)
    #expect(json.hasPrefix("{\"CLIPScore\":"))
  }
}
