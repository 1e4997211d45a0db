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

  /// Reads a file that people have written.
  /// - Parameter limit: bytes of the largest file that is read.
  public static func read(file path: String, limit: Int) throws(CheckpointError) -> JSONValue {
    let bytes = try InputFile(path).contents(limit: limit)
    do throws(CheckpointError) {
      return try read(bytes, place: path)
    } catch {
      let remedy = "Correct the file, or copy it again"
      throw CheckpointError(path, .unsupported(error.reason.text, remedy: remedy))
    }
  }
}
