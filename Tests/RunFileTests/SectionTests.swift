import JSON
import RunFile
import Testing

@Suite("A section of keys")
struct SectionTests {
  private func failure(
    _ members: [(String, ConfigurationNode.Value)], counted: Bool = true
  ) throws -> String {
    let error = #expect(throws: ConfigurationError.self) { try read(members, counted: counted) }
    return try #require(error).description
  }

  @Test("has its defaults where nothing is given")
  func defaults() throws {
    #expect(try read([]) == SmallFile())
  }

  @Test("takes whole numbers that are written as others, and numbers that are whole")
  func numbers() throws {
    let file = try read([("limit", .number(5)), ("part", .integer(1))])
    #expect(file.limit == 5 && file.part == 1)
  }

  @Test("takes both ends of a range and nothing beyond", arguments: [
    ("limit", 1, true), ("limit", 0, false), ("part", 1, true), ("part", 2, false),
    ("share", 1, true), ("share", 0, false), ("share", 1_000_000_000, true),
    ("share", 1_000_000_001, false),
  ])
  func ranges(key: String, value: Int, isFine: Bool) {
    let file = try? read([(key, .integer(value))])
    #expect((file != nil) == isFine)
  }

  @Test("null is nil, or a default that follows, or refused")
  func nulls() throws {
    let file = try read([("limit", .null), ("note", .null), ("share", .null), ("maybe", .null)])
    #expect(file.limit == nil && file.note == nil && file.share == nil && file.maybe == nil)
    #expect(try read([("inner", node([("name", .null)]))]).inner.name == "y")
    for key in ["part", "flag", "colour", "inner", "list"] {
      #expect(try failure([(key, .null)]).contains("found null. Give "), "\(key)")
    }
  }

  @Test("says what is wrong with the line, the path and what may stand there", arguments: [
    ("count", ConfigurationNode.Value.integer(9),
      "count: expected a whole number from 1 to 8, found 9"),
    ("part", .text("x"), "part: expected a number from 0 to 1, found \"x\""),
    ("flag", .integer(1), "flag: expected true or false, found 1"),
    ("colour", .text("blue"), "colour: expected one of: red, green, found \"blue\""),
    ("inner", .integer(3), "inner: expected a mapping of keys to values, found 3"),
    ("list", .integer(3), "list: expected a list, such as [{}], found 3"),
    ("later", .integer(3), "later: later is not available in this version"),
    ("inner", node([("size", .integer(9))]), "inner.size: is nine"),
    ("colour_name", .null, "colour_name: unknown key. Use colour"),
    ("Flag", .null, "Flag: unknown key. Write flag"),
    ("flga", .null, "flga: unknown key. Did you mean flag?"),
    ("sise", .null, "sise: unknown key. Did you mean inner.size?"),
    ("zzzzzzzzzz", .null, "zzzzzzzzzz: unknown key. Known here: count, part, flag"),
    ("list", .list([ConfigurationNode(node([("nme", .null)]), place: "file:1")]),
      "list.0.nme: unknown key. Did you mean name?"),
  ])
  func errors(key: String, value: ConfigurationNode.Value, text: String) throws {
    #expect(try failure([(key, value)], counted: key != "count").hasPrefix("file:1: \(text)"))
  }

  @Test("a key that must be given is missing at the section's place")
  func missing() throws {
    #expect(try failure([], counted: false) == "file:0: count: is missing. Add it")
  }

  @Test("knows the entries before it in a list")
  func lists() throws {
    let empty = ConfigurationNode(node([]))
    #expect(try read([("list", .list([empty, empty]))]).list.map(\.name) == ["y", "yy"])
  }

  @Test("writes what it has read, in the order of its keys")
  func roundTrip() throws {
    let file = try read([
      ("note", .text("a/../b")), ("colour", .text("green")),
      ("maybe", node([("size", .integer(1))])),
    ])
    #expect(file.note == "/here/b")
    guard case .map(let members) = file.node.value else {
      Issue.record("no mapping")
      return
    }
    #expect(
      members.map(\.key) == [
        "count", "part", "flag", "colour", "note", "limit", "inner", "maybe", "list",
      ])
    let again = ConfigurationNode(json: file.node.json, place: "")
    #expect(try SmallFile(Reading(again, folder: nil, book: SmallFile.book)) == file)
  }
}
