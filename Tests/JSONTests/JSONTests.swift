import JSON
import Testing

@Suite("JSON")
struct JSONTests {
  private func read(_ text: String) throws -> JSONValue {
    try JSONReader.read(Array(text.utf8))
  }

  @Test("a tree written is the tree read, on one line or indented", arguments: [false, true])
  func roundTrip(indented: Bool) throws {
    let tree = JSONValue.object([
      "": .array([.null, .bool(true), .bool(false), .array([]), .object([:])]),
      "number": .array([.integer(.min), .integer(.max), .number(0.1), .number(1), .number(1e-30)]),
      "text": .string("a\"\\/\n\r\t\u{0}\u{1F}ü\u{1F600}"),
    ])
    #expect(try read(tree.text(indented: indented)) == tree)
  }

  @Test("escapes are read")
  func escapes() throws {
    #expect(try read(#" "\b\f\n\r\t\/\\\"\u00e9\ud83d\ude00" "#)
      == .string("\u{8}\u{C}\n\r\t/\\\"é😀"))
  }

  @Test("what is no JSON is refused", arguments: [
    "", " ", "{", "[", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "01", "-", "1.", "1e",
    ".5", "+1", "1e999", "nul", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"",
    "\"\\ud800\\u0041\"", "\"\n\"", "1 2", "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":1}", "NaN",
    "'a'", "[1 2]",
  ])
  func refused(text: String) {
    #expect(throws: JSONError.self) { try read(text) }
  }

  @Test("NaN and infinities are null where Python's are asked for, and else refused", arguments: [
    "NaN", "Infinity", "-Infinity",
  ])
  func notANumber(text: String) throws {
    let bytes = Array("[\(text), 1]".utf8)
    #expect(try JSONReader.read(bytes, readsNaN: true) == [.null, 1])
    #expect(throws: JSONError.self) { try JSONReader.read(bytes) }
    #expect(throws: JSONError.self) { try JSONReader.read(Array("[-N]".utf8), readsNaN: true) }
  }

  @Test("an error says where")
  func place() {
    #expect(throws: JSONError(.malformed("':' is missing"), byte: 4)) { try read("{\"a\"}") }
    #expect(throws: JSONError(.duplicate("a"), byte: 12)) { try read("{\"a\":1,\"a\":1}") }
  }

  @Test("deep nesting is refused")
  func depth() {
    #expect(throws: JSONError.self) { try read(String(repeating: "[", count: 100_000)) }
  }

  @Test("bytes that are no UTF-8 are refused")
  func invalidBytes() {
    #expect(throws: JSONError.self) {
      try JSONReader.read([0x22, 0xFF, 0x22])
    }
  }

  @Test("Codable values go in and come out")
  func codable() throws {
    struct Layer: Codable, Equatable {
      var width = 96
      var epsilon = 1e-5
      var name: String? = "x"
    }
    #expect(try JSONValue(encoding: Layer()).decoded(as: Layer.self) == Layer())
  }
}
