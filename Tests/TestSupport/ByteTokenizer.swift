import Foundation
import Text

/// One id for each byte, after the four special ones.
public struct ByteTokenizer: Tokenizer {
  public let vocabularySize = 260
  public let pad: Int32 = 0, start: Int32 = 2, end: Int32 = 3
  public let model = Data()
  public let fileName = "tokenizer.model"

  public init() {}

  public func encode(_ text: String) throws(TextError) -> [Int32] {
    text.utf8.map { Int32($0) + 4 }
  }

  public func decode(_ ids: [Int32]) -> String {
    String(decoding: ids.filter { $0 > 3 }.map { UInt8($0 - 4) }, as: UTF8.self)
  }
}
