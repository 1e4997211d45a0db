import Records
import Testing

@Suite("Annotations")
struct AnnotationTests {
  private func sample(_ members: [String: String]) -> Sample {
    Sample(key: "k", fields: members.map { Field(suffix: $0.key, bytes: Array($0.value.utf8)) })
  }

  @Test("captions, labels, tokens and class are read from their members")
  func all() throws {
    let json = #"{"captions": ["two", "one"], "labels": ["x", "é"], "#
      + #""tokens": [2, 7, 3], "w": {"a": [1]}}"#
    let annotation = try sample(["txt": "one\n", "json": json, "cls": "12\n"]).annotation()
    #expect(annotation == Annotation(
      captions: ["one", "two"], labels: ["x", "é"], tokens: [2, 7, 3], classIndex: 12))
    #expect(try sample(["jpg": ""]).annotation() == Annotation())
    #expect(try sample(["json": #"{"caption": "one", "labels": null}"#]).annotation()
      == Annotation(captions: ["one"]))
  }

  @Test("other keys are read where they are asked for: a text, a list, or nothing")
  func keys() throws {
    let json = #"{"a": "x", "b": ["y", "z"], "c": null, "caption": "w", "n": NaN}"#
    let sample = sample(["json": json])
    #expect(try sample.annotation(keys: ["a", "b", "c", "d"]) == Annotation(
      captions: ["w"], texts: ["a": ["x"], "b": ["y", "z"]]))
    #expect(try sample.annotation().texts == [:])
    let number = self.sample(["json": #"{"a": 1}"#])
    #expect(throws: RecordError.self) { try number.annotation(keys: ["a"]) }
  }

  @Test("one newline is cut from a text, no more", arguments: [
    ("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("\n", ""), ("a\r", "a\r"),
    ("", ""), ("a\nb\n", "a\nb"),
  ])
  func newline(text: String, caption: String) throws {
    #expect(try sample(["txt": text]).annotation().captions == [caption])
  }

  @Test("what is not of its kind is refused with the key", arguments: [
    ("json", "["), ("json", "[]"), ("json", "1"), ("json", ""), ("json", #"{"captions": "a"}"#),
    ("json", #"{"labels": [1]}"#), ("json", #"{"tokens": [1.5]}"#),
    ("json", #"{"tokens": [99999999999]}"#), ("json", #"{"captions": [null]}"#),
    ("json", #"{"a": 1}}"#),
    ("cls", ""), ("cls", "-1"), ("cls", "1.0"), ("cls", "+1"), ("cls", " 1"), ("cls", "0x1"),
    ("cls", "99999999999"), ("cls", "٣"),
  ])
  func refused(suffix: String, text: String) {
    let error = #expect(throws: RecordError.self) {
      try self.sample([suffix: text]).annotation()
    }
    #expect(error?.key == "k")
    guard case .annotation = error?.reason else {
      Issue.record("\(text): \(String(describing: error))")
      return
    }
  }

  @Test("bytes that are not UTF-8 are refused", arguments: ["txt", "json", "cls"])
  func encoding(suffix: String) {
    let sample = Sample(key: "k", fields: [Field(suffix: suffix, bytes: [0x7B, 0xFF, 0x7D])])
    #expect(throws: RecordError.self) { try sample.annotation() }
  }

  @Test("deep nesting and great size are refused")
  func limits() {
    let deep = String(repeating: "[", count: 200_000)
    #expect(throws: RecordError.self) { try self.sample(["json": #"{"a": "# + deep]).annotation() }
    let closed = #"{"a": "# + deep + String(repeating: "]", count: 200_000) + "}"
    #expect(throws: RecordError.self) { try self.sample(["json": closed]).annotation() }
    let long = String(repeating: "x", count: RecordLimits.textBytes + 1)
    #expect(throws: RecordError.self) { try self.sample(["txt": long]).annotation() }
  }

  @Test("the picture is the first field of a picture's kind")
  func image() {
    #expect(sample(["txt": "a"]).image == nil)
    for suffix in ["jpg", "jpeg", "png", "webp", "gif"] {
      #expect(sample([suffix: "p", "txt": "a"]).image?.suffix == suffix)
    }
  }
}
