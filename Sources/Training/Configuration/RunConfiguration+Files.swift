import Collectives
import Foundation
import JSON
import RunFile

extension RunConfiguration {
  /// Reads a run file.
  ///
  /// - Parameters:
  ///   - overrides: `key.path=value` of each `--set`, in order; the value is YAML.
  /// - Throws: `ConfigurationError` for the first thing that is wrong, with its line.
  public init(file: URL, overrides: [String] = []) throws(ConfigurationError) {
    let text = try ConfigurationYAML.text(of: file)
    try self.init(
      yaml: text, name: file.lastPathComponent,
      folder: file.standardizedFileURL.deletingLastPathComponent(), overrides: overrides)
  }

  /// Reads the text of a run file.
  ///
  /// - Parameters:
  ///   - name: put before line numbers.
  ///   - folder: what relative paths are relative to.
  public init(
    yaml: String, name: String = "run.yaml", folder: URL, overrides: [String] = []
  ) throws(ConfigurationError) {
    var root = try ConfigurationYAML.read(yaml, place: name)
    for override in overrides {
      try Override(override).apply(to: &root)
    }
    try self.init(Reading(root, folder: folder, book: Self.book))
  }

  /// Reads what `json` has written, as `state.json` of a checkpoint holds it.
  public init(json: JSONValue) throws(ConfigurationError) {
    let root = ConfigurationNode(json: json, place: "the checkpoint's configuration")
    try self.init(Reading(root, folder: nil, book: Self.book))
  }

  /// All keys as a run file, in the order of the table; reading it gives an equal value.
  public func yaml() throws -> String { try ConfigurationYAML.text(node) }

  /// All keys as JSON, for `state.json`; reading it gives an equal value.
  public var json: JSONValue { node.json }
}

extension RunConfiguration {
  /// Every key whose value differs from the one a checkpoint was written with, sorted.
  public func differences(from saved: RunConfiguration) -> [Difference] {
    Self.book.differences(from: saved.json, to: json)
  }

  /// Checks that a run may continue from a checkpoint.
  ///
  /// - Parameter overrides: the arguments of `--set`; keys they name may differ.
  /// - Returns: the differences, all of which are allowed.
  /// - Throws: `ConfigurationError` of reason `.changed` that lists the others.
  public func resuming(
    _ saved: RunConfiguration, overrides: [String] = []
  ) throws(ConfigurationError) -> [Difference] {
    let all = differences(from: saved)
    try Self.book.allow(all, overrides: overrides)
    return all
  }
}

extension ConfigurationError: ExitCoded {
  public var exitCode: Int32 { reason == .fault ? ExitCode.io : ExitCode.usage }
}
