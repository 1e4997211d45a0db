import Checksums
import Foundation
import JSON

/// A file of a checkpoint as `state.json` lists it.
public struct FileRecord: Sendable, Equatable {
  public let name: String
  public let bytes: Int
  /// As `xxh64sum` prints it.
  public let xxh64: String

  /// Whether it is a name without a path, so that it cannot mean a file outside the folder.
  static func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix(".") && name.utf8.count <= 255
      && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 < 0x20 }
  }
}

/// The contents of a checkpoint's `state.json`.
///
/// Its first line holds the xxh64 of all its other bytes.
public struct CheckpointState: Sendable, Equatable {
  static let format = 1
  static let fileName = "state.json"
  static let byteLimit = 16 << 20

  /// Updates done when it was written.
  public let step: Int
  /// Position among the checkpoints of its folder: a larger one was written later.
  public let serial: Int
  public let seed: UInt64
  /// Version of the program that wrote it.
  public let version: String
  /// The run configuration, with all defaults filled in.
  public let configuration: JSONValue
  /// Whatever else the trainer needs to continue.
  public let progress: JSONValue
  /// Every other file of the folder.
  public let files: [FileRecord]
}

extension CheckpointState {
  /// The bytes of `state.json`.
  var contents: [UInt8] {
    let members: [String: JSONValue] = [
      "format": .integer(CheckpointState.format),
      "step": .integer(step),
      "serial": .integer(serial),
      "seed": .string(String(seed)),
      "version": .string(version),
      "configuration": configuration,
      "progress": progress,
      "files": .array(
        files.map {
          .object([
            "name": .string($0.name), "bytes": .integer($0.bytes), "xxh64": .string($0.xxh64),
          ])
        }),
    ]
    let rest = Array((JSONValue.object(members).text(indented: true).dropFirst(2) + "\n").utf8)
    return CheckpointState.firstLine(of: rest) + rest
  }

  private static func firstLine(of rest: some Sequence<UInt8>) -> [UInt8] {
    Array("{\"xxh64\": \"\(Checksum.text(of: rest))\",\n".utf8)
  }

  /// Reads `state.json` of a step's folder; the other files are not read.
  ///
  /// - Throws: `CheckpointError` for a file that is not exactly as it was written.
  init(folder: String) throws(CheckpointError) {
    let place = "\(folder)/\(CheckpointState.fileName)"
    let bytes = try InputFile(place).contents(limit: CheckpointState.byteLimit)
    let rest = bytes.drop { $0 != UInt8(ascii: "\n") }.dropFirst()
    let expected = CheckpointState.firstLine(of: rest)
    guard bytes.starts(with: expected) else {
      throw CheckpointError(
        place,
        .checksum(
          expected: String(decoding: bytes.dropFirst(11).prefix(16), as: UTF8.self),
          found: Checksum.text(of: rest)))
    }
    let tree = try JSONReader.read(bytes, place: place)
    guard let format = tree["format"]?.integer, format >= 1 else {
      throw CheckpointError(place, .malformed("has no format version"))
    }
    guard format <= CheckpointState.format else {
      throw CheckpointError(place, .unsupportedVersion(format))
    }
    guard let state = CheckpointState(tree) else {
      throw CheckpointError(place, .malformed("lacks one of its keys"))
    }
    self = state
  }

  private init?(_ tree: JSONValue) {
    let counts = 0..<(1 << 53)
    guard let step = tree["step"]?.integer, counts.contains(step),
      let serial = tree["serial"]?.integer, counts.contains(serial),
      let seed = tree["seed"]?.string.flatMap(UInt64.init),
      let version = tree["version"]?.string,
      let configuration = tree["configuration"], let progress = tree["progress"],
      let list = tree["files"]?.array
    else { return nil }
    let files = list.compactMap { item -> FileRecord? in
      guard let name = item["name"]?.string, FileRecord.isPlainName(name),
        let bytes = item["bytes"]?.integer, bytes >= 0, let xxh64 = item["xxh64"]?.string
      else { return nil }
      return FileRecord(name: name, bytes: bytes, xxh64: xxh64)
    }
    guard files.count == list.count else { return nil }
    self.init(
      step: step, serial: serial, seed: seed, version: version, configuration: configuration,
      progress: progress, files: files)
  }
}
