import Foundation

/// The names of shards: `NAME-00000.tar.zst`, with five digits or more.
enum ShardName {
  static let suffix = ".tar.zst"

  static func file(name: String, number: Int) -> String {
    let digits = String(number)
    let zeros = String(repeating: "0", count: max(0, 5 - digits.count))
    return "\(name)-\(zeros)\(digits)\(suffix)"
  }

  /// Whether it is a visible file name, without a folder, that ends like a shard's.
  static func isShard(_ file: String) -> Bool {
    file.hasSuffix(suffix) && file.utf8.count > suffix.utf8.count && file.utf8.first != 0x2E
      && !file.unicodeScalars.contains {
        $0 == "/" || $0.properties.generalCategory == .control
      }
  }

  /// The number after `NAME-`; nil for a shard of another dataset or part.
  static func number(of file: String, name: String) -> Int? {
    guard file.hasPrefix(name + "-"), file.hasSuffix(suffix) else { return nil }
    let digits = file.dropFirst(name.count + 1).dropLast(suffix.count)
    guard digits.count >= 5, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return Int(digits)
  }

  /// The folder's shards, ordered by name and then number.
  static func files(in directory: URL) throws(RecordError) -> [String] {
    let exists = FileManager.default.fileExists(atPath: directory.path)
    guard !exists || directory.isFolder else {
      throw RecordError(file: directory.path, reason: .notAFolder)
    }
    let names: [String]
    do throws(SystemError) {
      names = try FolderListing.names(in: directory.path)
    } catch {
      throw RecordError(
        file: directory.path, reason: .io(operation: "list", code: error.code))
    }
    return names.filter(isShard).map { (file: $0, order: order($0)) }
      .sorted {
        ($0.order.name, $0.order.number, $0.file) < ($1.order.name, $1.order.number, $1.file)
      }
      .map(\.file)
  }

  /// Sorts by number: 100000 comes after 99999, although its text does not.
  private static func order(_ file: String) -> (name: String, number: Int) {
    let stem = file.dropLast(suffix.count)
    guard let dash = stem.lastIndex(of: "-"), let number = Int(stem[stem.index(after: dash)...])
    else { return (String(stem), -1) }
    return (String(stem[..<dash]), number)
  }
}
