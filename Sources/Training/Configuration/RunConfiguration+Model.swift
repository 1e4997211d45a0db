import CoCaModel
import Foundation
import JSON
import RunFile

extension RunConfiguration {
  /// Where the model's configuration comes from.
  public enum Model: Sendable, Equatable {
    case preset(String)
    /// A YAML or JSON file, or a checkpoint's folder.
    case file(String)
    /// Keys of the model's configuration, on top of a preset if one is named.
    case mapping(JSONValue, base: String?)

    static let expected = "a preset, a file, a checkpoint or a mapping"
  }
}

/// The model's keys as a run file gives them, each checked where it is written.
struct ModelKeys {
  /// All but `preset`; every value is of its key's kind.
  let tree: JSONValue
  /// The preset that the keys change, where they name one.
  let preset: String?

  init(_ reading: Reading) throws(ConfigurationError) {
    var values = try Kind<JSONValue>.modelKeys.read(reading).object ?? [:]
    try Self.refuseUnread(reading, values)
    preset = values.removeValue(forKey: "preset")?.string
    tree = .object(values)
  }

  /// Keys of the poolers beside `poolers: none`.
  private static func refuseUnread(
    _ reading: Reading, _ values: [String: JSONValue]
  ) throws(ConfigurationError) {
    let preset = values["preset"]?.string.flatMap { ModelConfiguration.preset($0) }
    let poolers = values["poolers"]?.string ?? preset?.poolers.rawValue
    guard poolers == ModelConfiguration.PoolerArrangement.none.rawValue,
      let image = reading.node["image"], case .object(let given)? = values["image"],
      let key = ["queries", "pooler_heads"].first(where: { (given[$0] ?? .null) != .null }),
      let node = image[key]
    else { return }
    throw reading.part("image", image).part(key, node)
      .error(.conflict("poolers: none has no pooler that would read it"))
  }
}

extension ConfigurationNode {
  fileprivate subscript(key: String) -> ConfigurationNode? {
    guard case .map(let members) = value else { return nil }
    return members.first { $0.key == key }?.node
  }
}

extension Kind where Value == RunConfiguration.Model? {
  static var model: Kind {
    Kind(
      RunConfiguration.Model.expected, type: "preset, path or mapping",
      members: Kind<JSONValue>.modelKeys.members,
      read: { reading throws(ConfigurationError) in
        switch reading.node.value {
        case .text(let name): return try named(name, reading)
        case .map:
          let keys = try ModelKeys(reading)
          return .mapping(keys.tree, base: keys.preset)
        default: throw reading.unexpected(RunConfiguration.Model.expected)
        }
      },
      write: { model in
        switch model {
        case nil: return .null
        case .preset(let name): return .text(name)
        case .file(let path): return .text(path)
        case .mapping(let tree, let base):
          var members = tree.object ?? [:]
          if let base { members["preset"] = .string(base) }
          return ConfigurationNode(json: .object(members), place: "").value
        }
      })
  }

  private static func named(
    _ name: String, _ reading: Reading
  ) throws(ConfigurationError) -> RunConfiguration.Model {
    let presets = ModelConfiguration.presetNames
    if presets.contains(name) { return .preset(name) }
    let path = reading.absolute(name)
    let isPath = name.contains("/") || name.contains(".")
    let isThere = !name.isEmpty && FileManager.default.fileExists(atPath: path)
    if isPath || isThere { return .file(path) }
    throw reading.unexpected("one of \(presets.joined(separator: ", ")), or a path")
  }
}

extension Kind where Value == JSONValue {
  fileprivate static let modelKeys: Kind = .tree(
    [TreeKey("preset", .words(ModelConfiguration.presetNames), "the preset that the others change")]
      + ModelConfiguration.keys,
    foreign: { key in
      let isOpenCLIP = RunConfiguration.openClipModelKeys.contains(key)
      return isOpenCLIP ? RunConfiguration.openClipModelRemedy : nil
    })
}
