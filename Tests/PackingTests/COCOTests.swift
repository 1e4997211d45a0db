import Foundation
import Packing
import Records
import Testing
import TestSupport

@Suite("COCO")
struct COCOTests {
  private func world(_ json: String) throws -> TestFolder {
    let folder = try TestFolder()
    for name in ["a", "b", "c"] { try folder.write(TestPicture.png(1), to: "\(name).png") }
    try folder.write(TestPicture.png(2), to: "x/d.png")
    try folder.write(json, to: "set.json")
    return folder
  }

  @Test("all captions of an image are kept, wherever in the file they stand")
  func captions() throws {
    let folder = try world("""
      {"info": {"images": [{"file_name": "no.png"}], "n": [1, "]", {"a": "\\""}]},
       "annotations": [{"id": 1, "image_id": 7, "caption": "one "}, {"image_id": 9, "caption": "x"},
         {"image_id": 7, "caption": "two"}, {"image_id": 7, "caption": "one"}, 3],
       "images": [{"id": 7, "file_name": "a.png", "width": 3, "tokens": 5}, {"id": 8,
         "file_name": "b.png"}, {"id": 9, "file_name": "c.png"}], "licenses": []}
      """)
    let (_, skipped) = try folder.pack("set.json")
    #expect(skipped.map(\.reason) == [.row("it has no annotation")])
    #expect(skipped[0].place.hasSuffix("set.json, image 2"))
    let samples = try folder.samples()
    #expect(samples.map(\.key) == ["a", "c"])
    #expect(try samples.map { try $0.annotation().captions } == [["one", "two"], ["x"]])
    #expect(samples[0].bytes("json").map { String(decoding: $0, as: UTF8.self) }
      == "{\"captions\":[\"one\",\"two\"],\"id\":7,\"width\":3}")
    #expect(try folder.notices("set.json", to: "again")[0].contains("1 images or annotations"))
  }

  @Test("instances give the names of their categories, each once")
  func instances() throws {
    let folder = try world("""
      {"images": [{"id": 1, "file_name": "a.png"}],
       "annotations": [{"image_id": 1, "category_id": 5, "segmentation": [[1, 2]]},
         {"image_id": 1, "category_id": 3}, {"image_id": 1, "category_id": 5}],
       "categories": [{"id": 3, "name": "cat"}, {"id": 5, "name": "dog"}]}
      """)
    _ = try folder.pack("set.json")
    #expect(try folder.samples()[0].annotation().labels == ["dog", "cat"])
  }

  @Test("Karpathy's sentences are captions, and --split chooses")
  func karpathy() throws {
    func image(_ folder: String, _ name: String, _ split: String) -> String {
      """
      {"filepath": "\(folder)", "filename": "\(name).png", "split": "\(split)", "imgid": 0,
       "sentences": [{"tokens": ["x"], "raw": "\(name) one"}, {"raw": "\(name) two"}]}
      """
    }
    let folder = try world("""
      {"images": [\(image(".", "a", "train")), \(image("x", "d", "test")),
        \(image("", "c", "restval"))], "dataset": "coco"}
      """)
    for (split, keys) in [
      (nil, ["a", "x/d", "c"]), ("train,restval", ["a", "c"]), ("test", ["x/d"]),
    ] as [(String?, [String])] {
      let out = split ?? "all"
      _ = try folder.pack("set.json", to: out) { $0.split = split }
      #expect(try folder.samples(out).map(\.key) == keys)
    }
    #expect(try folder.samples("test")[0].annotation().captions == ["d one", "d two"])
    let place = folder.url.appending(path: "set.json").path
    #expect(throws: PackingError(place, .noSplit("val", ["restval", "test", "train"]))) {
      try folder.pack("set.json", to: "val") { $0.split = "train,val" }
    }
  }

  @Test("bad elements are named and left out", arguments: [
    ("3", "not a JSON object"), ("{}", "no text under `file_name`"),
    ("{\"id\": 1, \"file_name\": \"../a.png\"}", "climbs out of the root"),
    ("{\"id\": 1, \"file_name\": \"/etc/passwd\"}", "is not inside the root"),
    ("{\"id\": 1, \"file_name\": \"gone.png\"}", "there is no such file"),
    ("{\"id\": 1, \"file_name\": \"b.png\", \"x\": \(String(repeating: "[", count: 5000))"
      + "\(String(repeating: "]", count: 5000))}", "nested too deeply"),
  ])
  func badElement(element: String, why: String) throws {
    let folder = try world("""
      {"images": [{"id": 2, "file_name": "a.png"}, \(element), {"id": 3, "file_name": "c.png"}],
       "annotations": [{"image_id": 1, "caption": "x"}, {"image_id": 2, "caption": "y"},
        {"image_id": 3, "caption": "z"}]}
      """)
    let (_, skipped) = try folder.pack("set.json")
    #expect(try folder.samples().map(\.key) == ["a", "c"])
    let text = "\(try #require(skipped.first))"
    #expect(skipped.count == 1 && text.contains("set.json, image 2") && text.contains(why))
  }

  @Test("what is no such file is one error that says where", arguments: [
    "", "[]", "3", "{", "{\"images\": [{\"id\": 1}", "{\"images\": [\"", "{\"images\": [",
    String(repeating: "[", count: 100_000),
    "{\"images\": " + String(repeating: "[", count: 100_000),
  ])
  func noFile(text: String) throws {
    let folder = try world(text)
    #expect {
      try folder.pack("set.json")
    } throws: { error in
      let isList = "\(error)".contains("Write a list as .jsonl")
      return "\(error)".contains("at byte") && isList == !text.hasPrefix("{")
    }
  }
}
