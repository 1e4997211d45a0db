import CaptionScores
import Foundation
import TestSupport
import Testing

@Suite("Caption files")
struct CaptionFilesTests {
  private static let coco = """
    {"images": [{"id": 9, "file_name": "b.jpg"}, {"id": 4}], "annotations": [
     {"id": 1, "image_id": 4, "caption": "one"}, {"id": 2, "image_id": 9, "caption": "two"},
     {"id": 3, "image_id": 4, "caption": "three"}]}
    """
  private static let karpathy = """
    {"images": [
     {"cocoid": 9, "filename": "b.jpg", "split": "test", "sentences": [{"raw": "two"}]},
     {"filename": "4.jpg", "split": "test", "sentences": [{"raw": "one"}, {"raw": "three"}]},
     {"filename": "7.jpg", "split": "train", "sentences": [{"raw": "four"}]}]}
    """

  @Test("both files give images in the order of the file, and captions in that of theirs")
  func references() throws {
    let home = try TestFolder()
    let annotations = try CaptionReferences(file: home.write(Self.coco, to: "a.json"))
    let split = try CaptionReferences(file: home.write(Self.karpathy, to: "k.json"), split: "test")
    for found in [annotations, split] {
      #expect(found.images.map(\.id) == ["9", "4"])
      #expect(found.images.map(\.captions) == [["two"], ["one", "three"]])
    }
    #expect(try CaptionReferences(file: home.file("k.json")).images.count == 3)
  }

  @Test("an image's id may be a number or text, and a caption may hold anything")
  func results() throws {
    let home = try TestFolder()
    let text = #"""
      [{"image_id": 4, "caption": "a \"cat\"\n\u001b[2J"}, {"image_id": "wren", "caption": ""}]
      """#
    let found = try CaptionResults(file: home.write(text, to: "r.json"))
    #expect(found.captions == ["4": "a \"cat\"\n\u{1B}[2J", "wren": ""])
  }

  @Test("a file that is wrong is told with its place and no control character", arguments: [
    ("[{\"image_id\": 9, \"caption\": \"x\"}]", "1 of 2 images have no caption (4)"),
    ("[{\"image_id\": \"\\u001b[2J\", \"caption\": \"x\"}]", "its images  [2J are not in"),
    ("[{\"image_id\": 9, \"caption\": \"x\"}, {\"image_id\": 9, \"caption\": \"y\"}]",
     "its images 9 have more than one caption"),
    ("[{\"image_id\": 9}]", "result 1 has no image_id or no caption"),
    ("[{\"image_id\": 9, \"caption\": null}]", "result 1 has no image_id or no caption"),
    ("{}", "is no list of results"), ("[", "is no JSON"), ("", "is no JSON"),
    ("[{\"image_id\": 9, \"caption\": \"\\ud800\"}]", "a lone surrogate"),
  ])
  func wrongResults(text: String, message: String) throws {
    let home = try TestFolder()
    let references = try CaptionReferences(file: home.write(Self.coco, to: "a.json"))
    let error = #expect(throws: CaptionScoresError.self) {
      try JudgedSet(CaptionResults(file: home.write(text, to: "r.json")), references)
    }
    let told = "\(try #require(error))"
    #expect(told.contains(message) && told.hasPrefix(home.path("r.json")), "\(told)")
    #expect(!told.unicodeScalars.contains { $0.properties.generalCategory == .control })
  }

  @Test("bytes that are not UTF-8 are an error")
  func notUTF8() throws {
    let home = try TestFolder()
    let bytes = Array("[{\"image_id\": 9, \"caption\": \"".utf8) + [0xFF] + Array("\"}]".utf8)
    let error = #expect(throws: CaptionScoresError.self) {
      try CaptionResults(file: home.write(bytes, to: "r.json"))
    }
    #expect("\(try #require(error))".contains("not UTF-8"))
  }

  @Test("references that are wrong are told", arguments: [
    ("{\"images\": [{\"id\": 4}], \"annotations\": []}", nil, "its images 4 have no caption to"),
    ("{\"images\": [{\"id\": 4}]}", nil, "has no annotations"), ("[]", nil, "has no images"),
    (Self.coco, "test", "its images have no splits"),
    (Self.karpathy, "val", "no image is of split val, only of test, train"),
    ("{\"images\": [{\"id\": 4}, {\"id\": 4}], \"annotations\": []}", nil,
     "image 4 is there twice"),
  ])
  func wrongReferences(text: String, split: String?, message: String) throws {
    let home = try TestFolder()
    let error = #expect(throws: CaptionScoresError.self) {
      try CaptionReferences(file: home.write(text, to: "a.json"), split: split)
    }
    #expect("\(try #require(error))".contains(message))
  }

  @Test("a partial set keeps the references' order and counts what is missing")
  func partial() throws {
    let home = try TestFolder()
    let references = try CaptionReferences(file: home.write(Self.coco, to: "a.json"))
    let text = #"[{"image_id": "4", "caption": "x"}]"#
    let results = try CaptionResults(file: home.write(text, to: "r.json"))
    let judged = try JudgedSet(results, references, partial: true)
    #expect(judged.missing == 1)
    #expect(judged.captions == [
      JudgedCaption(key: "4", candidate: "x", references: ["one", "three"])
    ])
  }
}
