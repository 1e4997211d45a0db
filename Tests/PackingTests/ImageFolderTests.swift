import Foundation
import Packing
import Records
import Testing
import TestSupport

@Suite("ImageFolder")
struct ImageFolderTests {
  private func world() throws -> TestFolder {
    let folder = try TestFolder()
    let names = ["n02/b.png", "n01/deep/a.png", "n01/z.png", "red_fox/c.png", "empty/.keep"]
    for (index, name) in names.enumerated() {
      try folder.write(TestPicture.png(index), to: "in/\(name)")
    }
    try folder.write("a fox in snow", to: "in/red_fox/c.txt")
    try folder.write("hello", to: "in/README.md")
    return folder
  }

  private func text(_ folder: TestFolder, _ path: String) throws -> String {
    try String(contentsOf: folder.url.appending(path: path), encoding: .utf8)
  }

  @Test("folders are classes in the order of their names, and classes.txt has that order")
  func classes() throws {
    let folder = try world()
    let (counts, skipped) = try folder.pack("in") { $0.format = .imagefolder }
    #expect(counts.samples == 4 && skipped == [])
    #expect(try text(folder, "out/classes.txt") == "empty\nn01\nn02\nred fox\n")
    let samples = try folder.samples()
    #expect(samples.map(\.key) == ["n01/deep/a", "n01/z", "n02/b", "red_fox/c"])
    let annotations = try samples.map { try $0.annotation() }
    #expect(annotations.map(\.classIndex) == [1, 1, 2, 3])
    #expect(annotations.map(\.labels) == [["n01"], ["n01"], ["n02"], ["red fox"]])
    #expect(annotations[3].captions == ["a fox in snow"])
  }

  @Test("a table gives classes their names, synonyms divided by |", arguments: [
    "n01 tench, Tinca tinca\nn02 crane\nempty void\nred_fox vulpes\n",
    "n01\ttench| Tinca tinca\nn02\tcrane\nempty\tvoid\nred_fox\tvulpes",
    "n01,tench,Tinca tinca\r\nn02,crane\r\nempty,void\r\n\r\nred_fox,vulpes",
  ])
  func names(table: String) throws {
    let folder = try world()
    let names = try folder.write(table, to: "names.txt")
    _ = try folder.pack("in") { ($0.format, $0.names) = (.imagefolder, names) }
    #expect(try text(folder, "out/classes.txt") == "void\ntench|Tinca tinca\ncrane\nvulpes\n")
    #expect(try folder.samples()[0].annotation().labels == ["tench|Tinca tinca"])
  }

  @Test("a table of parents puts before a label what it belongs to, in any format")
  func parents() throws {
    let folder = try world()
    let names = try folder.write("n01 wren\nn0 bird\nroot animal\n", to: "names.txt")
    let parents = try folder.write(
      "n01 n0\nn0 root\nround round2\nround2 round\n", to: "parents.txt")
    try folder.write(
      #"{"file": "in/n01/z.png", "labels": ["n01", "x", "round"]}"#, to: "rows.jsonl")
    _ = try folder.pack("rows.jsonl") { ($0.names, $0.parents) = (names, parents) }
    #expect(try folder.samples()[0].annotation().labels == [
      "animal > bird > wren", "x", "round2 > round",
    ])
    _ = try folder.pack("in", to: "classes") {
      ($0.format, $0.parents) = (.imagefolder, try? folder.write("red_fox n01\n", to: "p"))
    }
    #expect(try folder.samples("classes")[3].annotation().labels == ["n01 > red fox"])
    #expect(try text(folder, "classes/classes.txt") == "empty\nn01\nn02\nred fox\n")
  }

  @Test("a folder of classes without texts is told to be one; a folder without folders is not")
  func advice() throws {
    let folder = try TestFolder()
    for name in ["in/wren/a.png", "in/tench/a.png", "in/tench/b.png", "flat/a.png"] {
      try folder.write(TestPicture.png(1), to: name)
    }
    for (input, pictures, hasFolders) in [("in", 3, true), ("flat", 1, false)] {
      let error = #expect(throws: PackingError.self) { try folder.pack(input) }
      #expect(error?.reason == .noTexts(pictures: pictures, hasFolders: hasFolders))
      #expect(error?.description.contains("--format imagefolder") == hasFolders, "\(error as Any)")
      #expect(error?.exitCode == 65 && !folder.exists("out"))
    }
  }

  @Test("a class without a name, a bad table, a folder without classes are errors")
  func errors() throws {
    let folder = try world()
    for (table, why) in [
      ("n01 tench\n", "no line names the class empty"), ("n01\n", "no name after the id"),
    ] {
      let names = try folder.write(table, to: "names.txt")
      #expect {
        try folder.pack("in") { ($0.format, $0.names) = (.imagefolder, names) }
      } throws: { "\($0)".contains(why) && "\($0)".contains("names.txt") }
    }
    let place = folder.url.appending(path: "in/n02").path
    #expect(throws: PackingError(place, .noClasses)) {
      try folder.pack("in/n02") { $0.format = .imagefolder }
    }
  }
}
