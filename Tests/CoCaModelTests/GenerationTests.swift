import CoCaModel
import Collectives
import Foundation
import Tensors
import Testing
import Text

@Suite("Captions")
struct GenerationTests {
  private static let prompts: [[Int32]] = [[2], [2, 7, 7, 7], [2, 0, 5]]

  /// The judge knows nothing of decoding: it asks the captioning loss of whole captions.
  @Test(
    "each id is the likeliest by the captioning loss of the whole caption",
    arguments: [SmallModel.Kind.cascade, .unpooled, .shared, .legacy, .bare], prompts)
  func likeliest(kind: SmallModel.Kind, prompt: [Int32]) throws {
    let small = try SmallModel(kind)
    let captions = small.greedyCaptions(prompt: prompt, end: -1)
    for (image, caption) in captions.enumerated() {
      #expect(caption.count == 8 && caption.prefix(prompt.count) == prompt[...])
      let picture = small.part(image..<image + 1).0
      for length in prompt.count..<8 {
        let chances = try Self.chances(small.model, picture, after: Array(caption[..<length]))
        let chosen = chances[Int(caption[length])]
        #expect(chosen >= (chances.max() ?? 1) - 1e-5, "image \(image), id \(length)")
      }
    }
  }

  /// The probability of every next id.
  private static func chances(
    _ model: CoCa, _ image: Tensor, after ids: [Int32]
  ) throws -> [Double] {
    func nats(_ caption: [Int32]) throws -> Double {
      let losses = try Objective(model, .coca, over: SoloCommunicator())
        .evaluate(Pairs(image, PackedCaptions([caption])))
      return losses.caption * Double(losses.targets)
    }
    let before = try nats(ids)
    var chances = try (0..<Int32(SmallModel.vocabulary)).map { id in
      exp(before - (try nats(ids + [id])))
    }
    // Padding is no target: it has what the others leave.
    if model.configuration.layout == .openclip { chances[0] = 2 - chances.reduce(0, +) }
    return chances
  }

  @Test("an image that is done changes no other's caption", arguments: SmallModel.Kind.allCases)
  func endings(kind: SmallModel.Kind) throws {
    let small = try SmallModel(kind)
    let whole = small.greedyCaptions(prompt: [2], end: -1)
    var lengths: Set<Int> = []
    for end in Set(whole.joined()) {
      let found = small.greedyCaptions(prompt: [2], end: end)
      let expected = whole.map { ids in
        Array(ids.prefix((ids.dropFirst().firstIndex(of: end) ?? 7) + 1))
      }
      #expect(found == expected, "end \(end)")
      lengths.formUnion(Set(found.map(\.count)))
    }
    #expect(lengths.count > 2, "captions end at \(lengths.sorted())")
  }

  private static let searches = [
    Decoding(.beams(Beams(3)), captions: 3),
    Decoding(
      .beams(Beams(4, lengthPenalty: 0, stopping: .never, groups: 2, diversityPenalty: 0.5)),
      rules: ScoreRules(repetitionPenalty: 1.2, noRepeatNGram: 2), captions: 4),
    Decoding(.samples(Sampling(temperature: 0.8, topK: 9, seed: 1)), captions: 3),
  ]

  @Test(
    "a caption's log-probability is the captioning loss of the whole caption",
    arguments: SmallModel.Kind.allCases, searches)
  func logProbabilities(kind: SmallModel.Kind, decoding: Decoding) throws {
    let small = try SmallModel(kind)
    let found = small.model.captions(
      small.images, prompt: [2, 5], end: 3, maximumTokens: 7, by: decoding)
    let objective = Objective(small.model, .coca, over: SoloCommunicator())
    for (image, captions) in found.enumerated() {
      #expect(captions.count == decoding.captions)
      // Id 0 is no target in open_clip's layout.
      for caption in captions where !caption.ids.contains(0) {
        func nats(_ ids: [Int32]) throws -> Double {
          let losses = try objective.evaluate(
            Pairs(small.part(image..<image + 1).0, PackedCaptions([ids])))
          return losses.caption * Double(losses.targets)
        }
        let expected = try nats([2, 5]) - nats(caption.ids)
        #expect(abs(caption.logProbability - expected) < 1e-4, "image \(image)")
      }
    }
    #expect(Set(found.joined().map(\.ids)).count > found.count)
  }

  @Test("an image's captions are the same bits alone and beside others", arguments: searches)
  func alone(decoding: Decoding) throws {
    let small = try SmallModel()
    func captions(_ images: Range<Int>) -> [[ScoredCaption]] {
      small.model.captions(
        small.part(images).0, keys: images.map { "\($0)" }, prompt: [2], end: 3, maximumTokens: 8,
        by: decoding)
    }
    let all = captions(0..<5)
    for image in 0..<5 { #expect(captions(image..<image + 1) == [all[image]]) }
  }

  @Test("nothing is added to a prompt that leaves no room")
  func noRoom() throws {
    let small = try SmallModel(.shared)
    let prompt = [Int32](repeating: 2, count: 8)
    for limit in [0, 3, 8, 100] {
      let captions = small.greedyCaptions(prompt: prompt, end: 3, maximum: limit)
      #expect(captions == Array(repeating: prompt, count: 5))
    }
  }
}
