import JSON
import RunFile
import Testing

@Suite("A book of keys")
struct KeyBookTests {
  private let book = SmallFile.book

  @Test("has every key with its path, type and default")
  func entries() {
    let told = book.all.map { "\($0.path): \($0.entry.type), \($0.entry.standard)" }
    #expect(
      told.prefix(9) == [
        "count: whole number from 1 to 8, required", "part: number from 0 to 1, 0.5",
        "flag: true or false, false", "colour: `red`, `green`, `red`", "note: path or null, null",
        "limit: whole number of at least 1 or null, 7",
        "share: number above 0, up to 1e9, by count", "inner: mapping, ",
        "inner.name: text, a letter",
      ])
    #expect(book.entry("list.3.size")?.type == "whole number from 0 to 9")
    #expect(book.entry("list.sise") == nil && book.entry("flag.x") == nil && book.entry("") == nil)
  }

  @Test("finds what differs, and whether it may")
  func differences() throws {
    let old: JSONValue = ["flag": false, "count": 1, "share": 2, "maybe": .null, "list": []]
    let new: JSONValue = [
      "flag": true, "count": 2, "share": 1, "maybe": ["size": 1], "list": [["size": 1]],
    ]
    let found = book.differences(from: old, to: new)
    #expect(
      found.map(\.key) == [
        "count", "flag", "list", "list.0.size", "maybe", "maybe.size", "share",
      ])
    #expect(found.filter(\.isFree).map(\.key) == ["flag", "maybe", "maybe.size"])
    #expect(throws: Never.self) { try book.allow(found, overrides: ["count=2", "list=[]"]) }
    let error = #expect(throws: ConfigurationError.self) {
      try book.allow(found, overrides: ["lis=1", "share=1", "list"])
    }
    #expect(
      error?.description == "--resume: differs from the checkpoint: count: 1 in the checkpoint, "
        + "2 now. Restore the values, or name the keys with --set to change them")
  }

  @Test("makes tables between markers anew and leaves all else")
  func tables() throws {
    let text = """
      # Title
      <!-- keys: count inner -->
      old
      <!-- end of keys -->
      between
      <!-- keys free on resume -->
      <!-- end of keys -->

      """
    let remade = try KeyTables(book).remade(text, name: "x.md")
    #expect(
      remade == """
        # Title
        <!-- keys: count inner -->
        | key | type | default | meaning |
        |---|---|---|---|
        | `count` | whole number from 1 to 8 | required | how many |
        | `inner` | mapping | | a section |
        | `inner.name` | text | a letter | name |
        | `inner.size` | whole number from 0 to 9 | 2 | size |
        <!-- end of keys -->
        between
        <!-- keys free on resume -->
        `flag`, `maybe`.
        <!-- end of keys -->

        """)
    #expect(try KeyTables(book).remade(remade, name: "x.md") == remade)
    #expect(KeyTables.names(in: text) == ["count", "inner"])
  }

  @Test("refuses a marker of no key, and one without an end", arguments: [
    ("<!-- keys: cuont -->", "x.md:1: cuont: unknown key. Did you mean count?"),
    ("<!-- keys: count -->", "x.md: a table of keys has no <!-- end of keys -->. Correct the line"),
  ])
  func markers(text: String, message: String) {
    let error = #expect(throws: ConfigurationError.self) {
      try KeyTables(book).remade(text, name: "x.md")
    }
    #expect(error?.description == message)
  }

  @Test("tells of a key, and of those below it")
  func help() throws {
    let help = KeyHelp(book)
    #expect(
      try help.text(of: "maybe") == """
        maybe
          type      mapping or null
          default   null
          on resume may change

          a section or none

        maybe.name  a letter  text
        maybe.size  2         whole number from 0 to 9
        """)
    #expect(help.table.split(separator: "\n").count == book.all.count)
    #expect(help.table.split(separator: "\n").allSatisfy { $0.count <= 96 })
  }
}
