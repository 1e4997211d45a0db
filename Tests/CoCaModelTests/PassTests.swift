import Autograd
import CoCaModel
import Tensors
import TestSupport
import Testing
import Text

@Suite("Passes")
struct PassTests {
  @Test("that run the same rows are one, which has both heads")
  func merging() throws {
    let small = try SmallModel()
    let pairs = Pairs(small.images, small.captions)
    let merged = [Pass(pairs, for: [.contrastive]), Pass(pairs, for: [.caption])].merged()
    #expect(merged == [Pass(pairs, for: .coca)])
    var bidirectional = Pass(pairs, for: [.contrastive])
    bidirectional.prefixes = small.captions.lengths
    #expect([Pass(pairs, for: [.caption]), bidirectional].merged().count == 2)
    var otherWeights = bidirectional
    otherWeights.attention = .bidirectional
    #expect([bidirectional, otherWeights].merged() == [bidirectional, otherWeights])
  }

  @Test("another start token takes the first id's place and changes nothing else")
  func startToken() throws {
    let small = try SmallModel()
    var pass = Pass(
      PackedCaptions([[2, 5, 9, 3], [2, 7, 3]]), images: [1, 0], prefixes: [2, 0],
      for: [.caption])
    let started = pass.starting(with: 4)
    pass.texts = PackedCaptions([[4, 5, 9, 3], [4, 7, 3]])
    #expect(started == pass)
    #expect(small.model.hidden(started, small.images).rows == 5)
  }

  @Test("an id in the prefix is seen by those before it, one behind the prefix is not")
  func prefix() throws {
    let small = try SmallModel()
    // The second id is read and predicted; it can change the first row's prediction only if seen.
    func first(_ second: Int32, prefix: Int) throws -> [Float] {
      let pass = Pass(
        PackedCaptions([[2, 5, second, 9, 3]]), images: [0], prefixes: [prefix], for: [.caption])
      return small.model.hidden(pass, small.part(0..<1).0).rows(0..<1).values
    }
    #expect(try first(7, prefix: 0) == first(11, prefix: 0))
    #expect(try first(7, prefix: 2) == first(11, prefix: 2))
    #expect(try first(7, prefix: 3) != first(11, prefix: 3))
  }

  @Test("a prefix of none changes not a bit")
  func none() throws {
    let small = try SmallModel()
    let image = small.part(0..<1).0, texts = PackedCaptions([[2, 5, 9, 3]])
    func hidden(_ prefixes: [Int]?) -> [Float] {
      small.model.hidden(
        Pass(texts, images: [0], prefixes: prefixes, for: [.caption]), image
      ).values
    }
    #expect(hidden(nil) == hidden([0]) && hidden(nil) == hidden([1]))
  }

  @Test("texts beside chosen images are what pairs of them are")
  func chosenImages() throws {
    let small = try SmallModel()
    let texts = PackedCaptions([[2, 5, 9, 3], [2, 7, 3], [2, 21, 4, 3]]), images = [4, 1, 1]
    let found = small.model.hidden(Pass(texts, images: images, for: [.caption]), small.images)
    var row = 0
    for (text, image) in images.enumerated() {
      let one = small.model.hidden(
        Pass(PackedCaptions([Array(texts[text])]), images: [0], for: [.caption]),
        small.part(image..<image + 1).0)
      expectClose(found.rows(row..<row + one.rows), one, relative: 1e-5, "text \(text)")
      row += one.rows
    }
  }
}

extension PackedCaptions {
  fileprivate var lengths: [Int] { (0..<count).map { self[$0].count } }
}
