import CZlib
import Foundation
import Testing
import Text

/// Hard texts with open_clip's ids, and the part of CLIP's merges that they need.
enum CLIPFixture {
  struct Case: Decodable, Sendable {
    let group: String
    let text: String
    let ids: [Int32]
    let decoded: String
  }

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  static let cases = Result {
    let file = folder.appendingPathComponent("captions.json")
    return try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
  }

  static let merges = Result {
    try Data(contentsOf: folder.appendingPathComponent("merges.txt"))
  }

  static let groups: [String] = {
    guard let cases = try? cases.get() else { return [] }
    return Set(cases.map(\.group)).sorted()
  }()

  static func tokenizer() throws -> CLIPTokenizer {
    try CLIPTokenizer(model: merges.get(), name: "merges.txt")
  }

  /// A gzip file of one member.
  static func gzip(_ data: Data) throws -> Data {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    let started = deflateInit2_(
      &stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
    try #require(started == Z_OK)
    defer { deflateEnd(&stream) }
    var input = Array(data)
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(input.count))))
    let capacity = output.count
    let code = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        return deflate(&stream, Z_FINISH)
      }
    }
    try #require(code == Z_STREAM_END)
    return Data(output.prefix(capacity - Int(stream.avail_out)))
  }
}
