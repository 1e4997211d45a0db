/// What is wrong with a picture, and what to do about it.
public struct ImageError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    case empty
    case unknownFormat
    case unsupportedFormat(String)
    case tooManyBytes(bytes: Int, limit: Int)
    case tooManyPixels(width: Int, height: Int, limit: Int)
    case sideTooLong(width: Int, height: Int, limit: Int)
    case truncated
    case damaged(String)
    case cannotEncode(String)
  }

  /// Where the picture is: a file, or a shard and key. The caller adds it with `at(_:)`.
  public var place: String
  public var reason: Reason

  public init(_ reason: Reason, place: String = "picture") {
    self.reason = reason
    self.place = place
  }

  /// The same error with the place where it happened.
  public func at(_ place: String) -> ImageError { ImageError(reason, place: place) }

  public var description: String { "\(place): \(what). \(remedy)" }

  private var what: String {
    switch reason {
    case .empty: "no bytes"
    case .unknownFormat: "not a picture in a known format"
    case .unsupportedFormat(let name): "\(name) is not read"
    case .tooManyBytes(let bytes, let limit): "\(bytes) bytes, above the limit of \(limit)"
    case .tooManyPixels(let width, let height, let limit):
      "\(width) x \(height), above the limit of \(limit) pixels"
    case .sideTooLong(let width, let height, let limit):
      "\(width) x \(height), a side is above the limit of \(limit)"
    case .truncated: "cut off before its end"
    case .damaged(let detail): "damaged (\(detail))"
    case .cannotEncode(let detail): "cannot be encoded (\(detail))"
    }
  }

  private var remedy: String {
    switch reason {
    case .empty, .truncated, .damaged: "Copy or download it again, or leave it out"
    case .unknownFormat, .unsupportedFormat: "Convert it to PNG, JPEG, WebP or GIF"
    case .tooManyBytes, .tooManyPixels, .sideTooLong: "Make it smaller or leave it out"
    case .cannotEncode: "Choose another format or a smaller size"
    }
  }
}
