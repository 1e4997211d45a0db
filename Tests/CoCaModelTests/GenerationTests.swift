import CoCaModel
import Collectives
import Foundation
import Tensors
import Testing
import Text

@Suite("Greedy captions")
struct GenerationTests {
  private static let prompts: [[Int32]] = [[2], [2, 7, 7, 7], [2, 0, 5]]

  /// The judge knows nothing of decoding: it asks the captioning loss of whole captions.
  @Test(
    "each id is the likeliest by the captioning loss of the whole caption",
    arguments: [SmallModel.Kind.cascade, .unpooled, .shared, .legacy, .bare], prompts)
  func likeliest(kind: SmallModel.Kind, prompt: [Int32]) throws {
    let small = try SmallModel(kind)
    let captions = small.model.greedyCaptions(
      small.images, prompt: prompt, end: -1, maximumTokens: 8)
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
    let whole = small.model.greedyCaptions(small.images, prompt: [2], end: -1, maximumTokens: 8)
    var lengths: Set<Int> = []
    for end in Set(whole.joined()) {
      let found = small.model.greedyCaptions(
        small.images, prompt: [2], end: end, maximumTokens: 8)
      let expected = whole.map { ids in
        Array(ids.prefix((ids.dropFirst().firstIndex(of: end) ?? 7) + 1))
      }
      #expect(found == expected, "end \(end)")
      lengths.formUnion(Set(found.map(\.count)))
    }
    #expect(lengths.count > 2, "captions end at \(lengths.sorted())")
  }

  @Test("nothing is added to a prompt that leaves no room")
  func noRoom() throws {
    let small = try SmallModel(.shared)
    let prompt = [Int32](repeating: 2, count: 8)
    for limit in [0, 3, 8, 100] {
      let captions = small.model.greedyCaptions(
        small.images, prompt: prompt, end: 3, maximumTokens: limit)
      #expect(captions == Array(repeating: prompt, count: 5))
    }
  }
}
