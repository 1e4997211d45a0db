import Foundation
import JSON

/// A JSON file of captions.
struct CaptionFile {
  static let byteLimit = 1 << 29
  /// How many images an error names.
  static let namedImages = 5

  let path: String
  let root: JSONValue

  /// - Throws: for a file that cannot be read or is no JSON.
  init(_ file: URL) throws(CaptionScoresError) {
    path = file.path
    let bytes: Data
    do {
      let handle = try FileHandle(forReadingFrom: file)
      defer { try? handle.close() }
      bytes = try handle.read(upToCount: Self.byteLimit + 1) ?? Data()
    } catch {
      throw CaptionScoresError(file.path, .unreadable((error as NSError).localizedDescription))
    }
    guard bytes.count <= Self.byteLimit else {
      throw CaptionScoresError(file.path, .tooLarge(limit: Self.byteLimit))
    }
    do throws(JSONError) {
      root = try JSONReader.read([UInt8](bytes), readsNaN: true)
    } catch {
      throw CaptionScoresError(file.path, .malformed("is no JSON: \(error.text)"))
    }
  }

  func malformed(_ what: String) -> CaptionScoresError {
    CaptionScoresError(path, .malformed(what))
  }
}

/// An image's id, which files write as a number or as text.
enum ImageID: Encodable {
  case number(Int)
  case text(String)

  /// A number if it is written as one is.
  init(_ text: String) {
    let number = Int(text).flatMap { String($0) == text ? $0 : nil }
    self = number.map(ImageID.number) ?? .text(text)
  }

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .number(let number): try number.encode(to: encoder)
    case .text(let text): try text.encode(to: encoder)
    }
  }
}

extension JSONValue {
  /// An image's id as text, whether it is a number or a text.
  var imageID: String? { integer.map(String.init) ?? string }
}
