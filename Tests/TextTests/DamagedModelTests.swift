import Foundation
import Testing
import Text

@Suite("Damaged models")
struct DamagedModelTests {
  /// Loads; a model that still loads must serve without harm.
  private func survive(_ bytes: Data) {
    guard let tokenizer = try? SentencePieceTokenizer(model: bytes, name: "damaged") else { return }
    let size = Int32(tokenizer.vocabularySize)
    #expect((0..<size).contains(tokenizer.start) && (0..<size).contains(tokenizer.end))
    #expect((0..<size).contains(tokenizer.pad))
    let ids = (try? tokenizer.encode("a Café tаble ﬁve ①\u{301} 猫")) ?? []
    #expect(ids.allSatisfy { (0..<size).contains($0) })
    _ = tokenizer.decode(ids)
  }

  @Test("a model cut at any of many places does no harm")
  func cut() throws {
    let model = try TrainedModel.tokenizer().model
    for count in stride(from: 0, to: model.count, by: 1999) { survive(model.prefix(count)) }
  }

  @Test("a model with bytes flipped at many places does no harm")
  func flipped() throws {
    let model = try TrainedModel.tokenizer().model
    let dense = stride(from: 0, to: model.count, by: 4003)
    let pieces = stride(from: 0, to: 600, by: 7)
    for (position, bit) in zip(Array(pieces) + Array(dense), (0...).lazy.map { $0 % 8 }) {
      var bytes = model
      bytes[bytes.startIndex + position] ^= 1 << UInt8(bit)
      survive(bytes)
    }
  }

  @Test("every damaged word of the character table that leads outside it is found")
  func characterTable() throws {
    let model = try TrainedModel.tokenizer().model
    // The table's first unit leads to the units of all first bytes.
    let table = try #require(tableStart(in: model))
    var bytes = model
    bytes.replaceSubrange(table + 4..<table + 8, with: [0, 0xFC, 0xFF, 0x7F])
    #expect(throws: TextError("x", .notATokenizer("its character table is damaged"))) {
      try SentencePieceTokenizer(model: bytes, name: "x")
    }
  }

  /// Just behind the name of the normaliser come the tag and the length (3 bytes) of the table.
  private func tableStart(in model: Data) -> Int? {
    guard let name = model.range(of: Data("nmt_nfkc".utf8)) else { return nil }
    return name.upperBound + 4
  }
}
