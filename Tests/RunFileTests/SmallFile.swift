import Foundation
import RunFile

/// A run file of our own, with a key of every make.
struct SmallFile: Section {
  enum Colour: String, CaseIterable, Sendable { case red, green }

  var count = 3
  var part = 0.5
  var flag = false
  var colour = Colour.red
  var note: String?
  var limit: Int? = 7
  var share: Double?
  var inner = Inner()
  var maybe: Inner?
  var list: [Inner] = []

  static let keys: [Key<Self>] = [
    Key("count", \.count, .whole(1...8), required: true, "how many"),
    Key("part", \.part, .number(0...1), "how much"),
    Key("flag", \.flag, .flag, free: true, "whether"),
    Key("colour", \.colour, .choice, "which"),
    Key("note", \.note, .orNull(.path), "where"),
    Key("limit", \.limit, .orNull(.whole(1...Int.max)), "at most"),
    Key("share", \.share, .orAbsent(.number(above: 0, upTo: 1e9)), default: "by count",
      follows: "count", "share"),
    Key("inner", \.inner, .section, "a section"),
    Key("maybe", \.maybe, .orNull(.section), free: true, "a section or none"),
    Key("list", \.list, .list(), "sections"),
  ]

  static let unavailable = ["later"]
  static let book = KeyBook(SmallFile.self, foreign: ["colour_name": "Use colour"])

  struct Inner: Section {
    var name = "x"
    var size = 2

    static let keys: [Key<Self>] = [
      Key("name", \.name, .text, default: "a letter", "name"),
      Key("size", \.size, .whole(0...9), "size"),
    ]

    mutating func complete(
      _ mapping: Mapping, after others: [Self]
    ) throws(ConfigurationError) {
      if !mapping.isGiven("name") { name = String(repeating: "y", count: others.count + 1) }
      guard size != 9 else { throw mapping.error("size", .conflict("is nine")) }
    }
  }
}

func node(_ members: [(String, ConfigurationNode.Value)]) -> ConfigurationNode.Value {
  .map(members.enumerated().map { ($1.0, ConfigurationNode($1.1, place: "file:\($0 + 1)")) })
}

func read(
  _ members: [(String, ConfigurationNode.Value)], counted: Bool = true
) throws(ConfigurationError) -> SmallFile {
  let all = members + (counted ? [("count", .integer(3))] : [])
  return try SmallFile(
    Reading(
      ConfigurationNode(node(all), place: "file:0"),
      folder: URL(fileURLWithPath: "/here", isDirectory: true), book: SmallFile.book))
}
