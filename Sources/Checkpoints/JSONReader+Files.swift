import JSON

extension JSONReader {
  /// - Parameter place: the file, for the error's text.
  /// - Throws: `CheckpointError` of reason `.malformed` or `.duplicate`.
  static func read(_ bytes: [UInt8], place: String) throws(CheckpointError) -> JSONValue {
    do throws(JSONError) {
      return try read(bytes)
    } catch {
      switch error.reason {
      case .malformed(let what):
        throw CheckpointError(
          place, .malformed("is not valid JSON at byte \(error.byte): \(what)"))
      case .duplicate(let name): throw CheckpointError(place, .duplicate("\"\(name)\""))
      }
    }
  }

  /// - Parameter limit: bytes of the largest file to read.
  public static func read(file path: String, limit: Int) throws(CheckpointError) -> JSONValue {
    try read(try InputFile(path).contents(limit: limit), place: path)
  }
}
