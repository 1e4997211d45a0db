import Checkpoints
import CoCaModel
import JSON

/// One mapping of open_clip's configuration. Its keys are taken one after another; those left at
/// the end are unknown.
struct ConfigurationSection {
  private let place: String
  private let path: String
  private var members: [String: JSONValue]

  /// - Parameters:
  ///   - place: the file.
  ///   - path: of the mapping in the file, such as `vision_cfg`; empty for the whole file.
  init(_ tree: JSONValue?, path: String, place: String) throws(ModelError) {
    self.place = place
    self.path = path
    guard let members = tree?.object else {
      throw ModelError(
        place, .missing(path.isEmpty ? "mapping" : path),
        remedy: "Give the configuration of one of open_clip's CoCa models")
    }
    self.members = members
  }

  func key(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  func error(_ name: String, _ what: String) -> ModelError {
    ModelError(
      place, .impossible("\(shown(key(name))): \(shown(what))"),
      remedy: "docs/openclip.md says which configurations can be imported")
  }

  /// Text from a hostile file can neither begin a line nor fill the screen.
  private func shown(_ text: String) -> String {
    let scalars = text.unicodeScalars.prefix(300)
    return String(
      scalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
  }

  mutating func take(_ name: String) -> JSONValue? { members.removeValue(forKey: name) }

  /// A mapping inside this one; nil where there is none.
  mutating func section(_ name: String) throws(ModelError) -> ConfigurationSection {
    try ConfigurationSection(take(name), path: key(name), place: place)
  }

  mutating func integer(_ name: String, else standard: Int?) throws(ModelError) -> Int {
    guard let value = take(name) ?? standard.map(JSONValue.integer) else {
      throw error(name, "is missing")
    }
    guard let integer = value.integer, integer > 0 else {
      throw error(name, "\(value.text()) is not a whole number above 0")
    }
    return integer
  }

  mutating func number(_ name: String, else standard: Double) throws(ModelError) -> Double {
    guard let value = take(name) else { return standard }
    guard let number = value.double else { throw error(name, "\(value.text()) is not a number") }
    return number
  }

  /// A number or null.
  mutating func optionalNumber(_ name: String) throws(ModelError) -> Double? {
    guard let value = take(name), value != .null else { return nil }
    guard let number = value.double else {
      throw error(name, "\(value.text()) is neither a number nor null")
    }
    return number
  }

  mutating func flag(_ name: String, else standard: Bool) throws(ModelError) -> Bool {
    switch take(name) {
    case nil: return standard
    case .bool(let flag): return flag
    case let value?: throw error(name, "\(value.text()) is neither true nor false")
    }
  }

  /// A side in pixels, or height and width.
  mutating func extent(
    _ name: String, else side: Int
  ) throws(ModelError) -> ModelConfiguration.Extent {
    guard let value = take(name) else { return .init(height: side, width: side) }
    let sides = value.array ?? [value, value]
    guard sides.count == 2, let height = sides[0].integer, let width = sides[1].integer,
      height > 0, width > 0
    else { throw error(name, "\(value.text()) is neither a size in pixels nor [height, width]") }
    return .init(height: height, width: width)
  }

  /// Takes a key of which only one value is supported.
  /// - Parameters:
  ///   - standard: open_clip's default where the key is absent.
  ///   - reason: why no other value is supported.
  mutating func require(
    _ name: String, _ supported: JSONValue, else standard: JSONValue, _ reason: String
  ) throws(ModelError) {
    let value = take(name) ?? standard
    let isEmpty = value.object?.isEmpty ?? false
    guard value == supported || (isEmpty && supported == .null) else {
      throw error(name, "\(value.text()) is not supported: \(reason)")
    }
  }

  /// Takes keys that change nothing in a CoCa.
  mutating func ignore(_ names: [String]) {
    for name in names { members[name] = nil }
  }

  /// - Throws: `ModelError` where keys are left; open_clip refuses them too.
  func finish() throws(ModelError) {
    guard let unknown = members.keys.min() else { return }
    throw error(unknown, "is not a key that open_clip knows")
  }
}

extension JSONValue {
  var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
