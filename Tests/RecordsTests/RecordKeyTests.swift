import Records
import Testing

@Suite("Keys")
struct RecordKeyTests {
  @Test("a key is the relative path without extension, dots turned into _", arguments: [
    ("a.jpg", "a"), ("birds/wren.2.jpg", "birds/wren_2"), ("v1.5/x.png", "v1_5/x"),
    ("plain", "plain"), (".hidden", "_hidden"), (".a.jpg", "_a"), ("a.", "a"), ("a/b.c/d", "a/b_c/d"),
    ("vögel/é.jpg", "vögel/é"), ("x.\u{301}jpg", "x"), ("a..jpg", "a_"),
  ])
  func fromPath(path: String, key: String) throws {
    #expect(RecordKey.key(path: path) == key)
    try RecordKey.check(key)
  }

  @Test("paths that are absolute or climb give keys that are refused",
        arguments: ["/a.jpg", "../a.jpg", "a/../b.jpg", "./a.jpg", "", "a/", "a//b.jpg"])
  func refusedPaths(path: String) {
    #expect(throws: RecordError.Reason.self) { try RecordKey.check(RecordKey.key(path: path)) }
  }

  @Test("keys with control characters, dots in the last part, or too many bytes are refused",
        arguments: ["a\u{0}", "a\nb", "a\u{7F}", "a\u{85}b", "a.b", "..", ".", "a/..",
                    String(repeating: "x", count: RecordLimits.keyBytes + 1)])
  func refused(key: String) {
    #expect(throws: RecordError.Reason.self) { try RecordKey.check(key) }
  }

  @Test("suffixes are visible lower-case ASCII", arguments: [
    ("jpg", true), ("seg.png", true), ("input_ids", true), ("a+b", true), ("", false),
    ("JPG", false), (".jpg", false), ("jpg.", false), ("a/b", false), ("a b", false), ("é", false), ("a\\b", false),
  ])
  func suffixes(suffix: String, isAllowed: Bool) {
    #expect((reason { try RecordKey.check(suffix: suffix) } == nil) == isAllowed)
  }

  @Test("the second key of a name gets -2, and no two keys are ever equal")
  func unique() {
    var keys = UniqueKeys()
    let given = ["a", "a", "b", "a-2", "a", "a-2", "b"].map { keys.unique($0) }
    #expect(given == ["a", "a-2", "b", "a-2-2", "a-3", "a-2-3", "b-2"])
    var random = SmallRandom(state: 1)
    var seen = Set<String>()
    for _ in 0..<5000 {
      let key = (0..<Int.random(in: 1...3, using: &random))
        .map { _ in ["x", "-2", "-3"].randomElement(using: &random)! }.joined()
      #expect(seen.insert(keys.unique(key)).inserted)
    }
  }
}
