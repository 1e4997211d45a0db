import Foundation
import Images
import Packing
import Records
import Testing
import TestSupport

extension Sample {
  /// Width and height of the picture.
  var size: [Int] {
    get throws {
      let size = try ImageDecoder.size(image?.bytes ?? [])
      return [size.width, size.height]
    }
  }
}

@Suite("Inputs")
struct InputTests {
  @Test("a jsonl row gives picture, captions, labels, tokens, class, and keeps the rest")
  func jsonl() throws {
    let folder = try TestFolder()
    let picture = try TestPicture.png(1)
    try folder.write(picture, to: "in/a/b.c.jpg")
    try folder.write("""
      \u{FEFF}{"file": "a/b.c.jpg", "caption": " one ", "captions": ["two", "one", ""], "cls": 7, \
      "labels": ["x", "y"], "tokens": [2, 9, 3], "url": "http://h/p", "n": [1, 2.5, true, null]}\r

      {"file": "./a/../a/b.c.jpg"}
      """, to: "in/rows.jsonl")
    let (counts, skipped) = try folder.pack("in/rows.jsonl")
    #expect(skipped == [])
    #expect(counts.samples == 2)
    let samples = try folder.samples()
    #expect(samples.map(\.key) == ["a/b_c", "a/b_c-2"])
    #expect(samples[1].fields == [Field(suffix: "png", bytes: picture)])
    #expect(samples[0].image == samples[1].image)
    let annotation = try samples[0].annotation()
    #expect(annotation == Annotation(
      captions: ["one", "two"], labels: ["x", "y"], tokens: [2, 9, 3], classIndex: 7))
    let json = String(decoding: try #require(samples[0].bytes("json")), as: UTF8.self)
    #expect(json == """
      {"captions":["one","two"],"labels":["x","y"],"n":[1,2.5,true,null],"tokens":[2,9,3],\
      "url":"http://h/p"}
      """)
  }

  @Test("bad rows are named by file and line and left out", arguments: [
    ("no json", "not a JSON object"), ("[1]", "not a JSON object"), ("{}", "no text under `file`"),
    ("{\"file\": 1}", "no text under `file`"), ("{\"file\": \"\"}", "an empty path"),
    ("{\"file\": \"../secret.png\"}", "../secret.png climbs out of the root"),
    ("{\"file\": \"a/../../secret.png\"}", "a/../../secret.png climbs out of the root"),
    ("{\"file\": \"/etc/passwd\"}", "/etc/passwd is not inside the root"),
    ("{\"file\": \"gone.png\"}", "gone.png: there is no such file or folder"),
    ("{\"file\": \"text.png\"}", "not a picture in a known format"),
    ("{\"file\": \"cut.png\"}", "cut.png"), ("{\"file\": \"folder\"}", "not a plain file"),
    ("{\"file\": \"ok.png\", \"caption\": 3}", "`caption` is not a text"),
    ("{\"file\": \"ok.png\", \"captions\": \"x\"}", "`captions` is not a list of texts"),
    ("{\"file\": \"ok.png\", \"labels\": [1]}", "`labels` is not a text"),
    ("{\"file\": \"ok.png\", \"tokens\": [-1]}", "`tokens` holds other values"),
    ("{\"file\": \"ok.png\", \"tokens\": [4294967296]}", "`tokens` holds other values"),
    ("{\"file\": \"ok.png\", \"cls\": -1}", "`cls` is not a number"),
    ("{\"file\": \"ok.png\", \"cls\": 1.5}", "`cls` is not a number"),
    ("{\"file\": \"ok.png\", \"x\": \(String(repeating: "[", count: 9000))", "not a JSON object"),
  ])
  func badRow(row: String, why: String) throws {
    let folder = try TestFolder()
    try folder.write(TestPicture.png(1), to: "in/ok.png")
    try folder.write(TestPicture.png(2), to: "secret.png")
    try folder.write("hello", to: "in/text.png")
    try folder.write(Array(TestPicture.png(1).prefix(20)), to: "in/cut.png")
    try folder.write("", to: "in/folder/x")
    try folder.write("\n\(row)\n{\"file\": \"ok.png\"}\n", to: "in/rows.jsonl")
    let (counts, skipped) = try folder.pack("in/rows.jsonl")
    #expect(counts.samples == 1)
    #expect(counts.skipped == 1)
    let text = "\(try #require(skipped.first))"
    #expect(text.contains("rows.jsonl line 2"))
    #expect(text.contains(why))
    #expect(!text.contains("\n"))
  }

  @Test("a row's picture and caption are found by customary keys or given ones", arguments: [
    ("{\"filepath\": \"1.png\", \"title\": \"word\"}", nil, nil),
    ("{\"image\": \"1.png\", \"text\": \"word\", \"x\": 1}", nil, nil),
    ("{\"p\": \"1.png\", \"c\": [\"word\"], \"caption\": \"other\"}", "p", "c"),
    ("{\"file\": \"1.png\", \"caption\": \"word\", \"title\": \"kept\"}", nil, nil),
  ] as [(String, String?, String?)])
  func customaryKeys(row: String, image: String?, caption: String?) throws {
    let folder = try TestFolder()
    try folder.write(TestPicture.png(1), to: "1.png")
    try folder.write(row, to: "rows.jsonl")
    _ = try folder.pack("rows.jsonl") { ($0.imageColumn, $0.captionColumn) = (image, caption) }
    let sample = try folder.samples()[0]
    #expect(try sample.annotation().captions == ["word"])
    let isKept = row.contains("kept")
    let json = sample.bytes("json").map { String(decoding: $0, as: UTF8.self) }
    #expect(json == (isKept ? "{\"title\":\"kept\"}" : row.contains("x") ? "{\"x\":1}" : nil))
  }

  @Test("an absolute path inside the root is taken, with the key below the root")
  func absolute() throws {
    let folder = try TestFolder()
    let file = try folder.write(TestPicture.png(1), to: "pictures/x/1.png")
    try folder.write("{\"file\": \"\(file.path)\"}\n{\"file\": \"x/1.png\"}", to: "rows.jsonl")
    let (counts, _) = try folder.pack("rows.jsonl") {
      $0.root = folder.url.appending(path: "pictures")
    }
    #expect(counts.samples == 2)
    #expect(try folder.samples().map(\.key) == ["x/1", "x/1-2"])
  }

  @Test("a table's columns are found by customary names, given names, or numbers", arguments: [
    ("Filepath\tTitle\n1.png\tword\n", nil, nil, true),
    ("x\ty\tpath\tcaption\n1\t2\t1.png\tword\n", nil, nil, true),
    ("a\tb\nword\t1.png\n", "b", "a", true), ("word\t1.png\n", "2", "1", false),
    ("1.png\tword\r\n", nil, nil, false), ("1.png\tword", nil, nil, false),
  ] as [(String, String?, String?, Bool)])
  func table(text: String, image: String?, caption: String?, hasHeader: Bool) throws {
    let folder = try TestFolder()
    try folder.write(TestPicture.png(1), to: "1.png")
    try folder.write(text, to: "rows.tsv")
    _ = try folder.pack("rows.tsv") {
      ($0.imageColumn, $0.captionColumn, $0.hasHeader) = (image, caption, hasHeader)
    }
    let samples = try folder.samples()
    #expect(samples.map(\.key) == ["1"])
    #expect(try samples[0].annotation().captions == ["word"])
  }

  @Test("a table's labels and class are read; rows with too few columns are left out")
  func labels() throws {
    let folder = try TestFolder()
    try folder.write(TestPicture.png(1), to: "1.png")
    try folder.write(
      "image\tlabels\tcls\n1.png\ta, b,,c\t4\n1.png\n1.png\tx\tfour\n", to: "rows.tsv")
    let (_, skipped) = try folder.pack("rows.tsv")
    #expect(skipped.map(\.reason) == [
      .row("1 columns, 3 needed"), .row("`cls` is not a number from 0 to 2147483647"),
    ])
    let annotation = try folder.samples()[0].annotation()
    #expect(annotation == Annotation(labels: ["a", "b", "c"], classIndex: 4))
  }

  @Test("a column that is not there is named with what is", arguments: [
    "--image-column", "--caption-column",
  ])
  func columnMissing(option: String) throws {
    let folder = try TestFolder()
    try folder.write("file\tcaption\n", to: "rows.tsv")
    #expect {
      try folder.pack("rows.tsv") {
        if option == "--image-column" { $0.imageColumn = "z" } else { $0.captionColumn = "z" }
      }
    } throws: { error in
      (error as? PackingError)?.reason
        == .columnMissing(option: option, wanted: "`z`", header: ["file", "caption"])
    }
  }

  @Test("a folder gives its pictures in sorted order with the texts beside them")
  func folder() throws {
    let folder = try TestFolder()
    for (index, name) in ["b/2.png", "b/1.v.PNG", "a.jpeg", "z.webp", "b.png"].enumerated() {
      try folder.write(TestPicture.png(index), to: "in/\(name)")
    }
    try folder.write("two\n", to: "in/b/2.txt")
    try folder.write("{\"captions\": [\"one\", \"uno\"], \"w\": 1}", to: "in/b/1.v.json")
    try folder.write("first", to: "in/a.txt")
    try folder.write("{\"caption\": \"second\", \"labels\": [\"l\"]}", to: "in/a.json")
    try folder.write([0xFF, 0xFE], to: "in/b.txt")
    try folder.write(TestPicture.png(9), to: "in/.hidden/h.png")
    let (counts, skipped) = try folder.pack("in")
    #expect(counts.rows == 5)
    #expect(skipped.map(\.reason) == [.row("not UTF-8"), .noText])
    let samples = try folder.samples()
    #expect(samples.map(\.key) == ["a", "b/1_v", "b/2"])
    #expect(try samples.map { try $0.annotation().captions } == [
      ["first", "second"], ["one", "uno"], ["two"],
    ])
    #expect(samples.map { $0.image?.suffix } == ["png", "png", "png"])
  }

  @Test("a text is found however its suffix is written")
  func suffixes() throws {
    let folder = try TestFolder()
    for (index, name) in ["A.PNG", "b.png", "c.Png"].enumerated() {
      try folder.write(TestPicture.png(index), to: "in/\(name)")
    }
    try folder.write("upper", to: "in/A.TXT")
    try folder.write("{\"caption\": \"mixed\"}", to: "in/b.Json")
    try folder.write("not this", to: "in/c.TXT")
    try folder.write("lower", to: "in/c.txt")
    #expect(try folder.notices("in") == [])
    let captions = try folder.samples().map { try $0.annotation().captions }
    #expect(captions == [["upper"], ["mixed"], ["lower"]])
  }

  @Test("samples without a text are counted, and told with the keys that may hold it", arguments: [
    ("rows.jsonl", "{\"image\": \"in/1.png\", \"blip\": \"a dog\", \"width\": 3}", ["`blip`"]),
    ("rows.jsonl", "{\"file\": \"in/1.png\", \"caption\": \" \", \"n\": [\"x\"]}", ["`n`"]),
    ("rows.csv", "image,blip,tag\nin/1.png,a dog,t\n", ["`blip`, `tag`"]),
    ("in", "", ["--caption-column", "--labels-column"]),
  ])
  func textless(input: String, rows: String, told: [String]) throws {
    let folder = try TestFolder()
    try folder.write(TestPicture.png(1), to: "in/1.png")
    try folder.write(" \n ", to: "in/1.txt")
    if input != "in" { try folder.write(rows, to: input) }
    let notice = try #require(try folder.notices(input).last)
    #expect(notice.contains("1 sample has no caption, labels or tokens"), "\(notice)")
    for text in told + ["--caption-column"] { #expect(notice.contains(text), "\(notice)") }
    let counts = try folder.pack(input, to: "again").counts
    #expect(counts.textless == 1 && counts.samples == 1 && counts.skipped == 0)
  }

  @Test("samples with labels, ids or a caption of another name are not without a text", arguments: [
    "{\"file\": \"1.png\", \"labels\": [\"x\"]}", "{\"file\": \"1.png\", \"tokens\": [2, 3]}",
    "{\"file\": \"1.png\", \"title\": \"x\"}",
  ])
  func withText(row: String) throws {
    let folder = try TestFolder()
    try folder.write(TestPicture.png(1), to: "1.png")
    try folder.write(row, to: "rows.jsonl")
    #expect(try folder.notices("rows.jsonl") == [])
  }

  @Test("what lies beside is told once, counted by its suffix")
  func ignored() throws {
    let folder = try TestFolder()
    try folder.write(TestPicture.png(1), to: "in/00000/1.png")
    for name in ["00000/1.txt", "00000/2.txt", "a.parquet", "b.parquet", "b_stats.json", "README"] {
      try folder.write("x", to: "in/\(name)")
    }
    let notices = try folder.notices("in")
    let place = folder.url.appending(path: "in").path
    #expect(notices == [
      "\(place): ignored: 2 .parquet, 1 .json, 1 .txt, 1 without a suffix",
    ])
  }

  @Test("an input that is missing, of no known kind, or gives nothing is an error")
  func wrongInputs() throws {
    let folder = try TestFolder()
    try folder.write("no picture", to: "in/x.png")
    try folder.write("text", to: "in/x.txt")
    try folder.write("", to: "rows.xyz")
    try folder.write("", to: "empty.jsonl")
    try folder.write("file,caption", to: "empty.csv")
    func path(_ name: String) -> String { folder.url.appending(path: name).path }
    let cases: [(String, PackingError.Reason, Int32)] = [
      ("gone", .missing, 74), ("rows.xyz", .unknownFormat, 64),
      ("in", .nothing(rows: 1), 65), ("empty.jsonl", .nothing(rows: 0), 65),
      ("empty.csv", .nothing(rows: 0), 65),
    ]
    for (name, reason, code) in cases {
      #expect(throws: PackingError(path(name), reason)) { try folder.pack(name) }
      #expect(PackingError("x", reason).exitCode == code)
    }
  }

  @Test("a pattern of several inputs is refused with what to give, unless a file has its name",
    arguments: ["{00..01}.tar", "*.tar", "00.tar::01.tar"], [nil, InputFormat.webdataset])
  func patterns(name: String, format: InputFormat?) throws {
    let folder = try TestFolder()
    let place = folder.url.appending(path: name).path
    #expect(throws: PackingError(place, .severalInputs)) {
      try folder.pack(name) { $0.format = format }
    }
    try folder.write("", to: name)
    #expect(throws: PackingError(place, .nothing(rows: 1))) {
      try folder.pack(name) { $0.format = format }
    }
  }

  @Test("a link is read where it leads to a file inside the root, and elsewhere if told to")
  func links() throws {
    let folder = try TestFolder()
    try folder.write(TestPicture.png(1), to: "in/real/a.png")
    for name in ["b", "c", "d"] { try folder.write(TestPicture.png(2), to: "in/\(name).png") }
    for name in ["secret.txt", "in/real/a.txt", "in/c.txt"] { try folder.write(name, to: name) }
    try folder.write(TestPicture.png(3), to: "other/e.png")
    try folder.write("e", to: "in/e.txt")
    for (link, target) in [
      ("in/b.txt", "../secret.txt"), ("in/d.txt", "real/a.txt"), ("in/e.png", "../other/e.png"),
    ] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path(link), withDestinationPath: target)
    }
    let (_, skipped) = try folder.pack("in")
    #expect(skipped.map(\.reason) == [.linkedOut, .linkedOut])
    #expect(try folder.samples().map(\.key) == ["c", "d", "real/a"])
    _ = try folder.pack("in", to: "all") { $0.followsLinks = true }
    #expect(try folder.samples("all").map(\.key) == ["b", "c", "d", "e", "real/a"])
  }

  @Test("a row's path through a linked folder does not leave the root")
  func linkedFolder() throws {
    let folder = try TestFolder()
    try folder.write(TestPicture.png(1), to: "other/a.png")
    try folder.write("{\"file\": \"linked/a.png\", \"caption\": \"x\"}", to: "in/rows.jsonl")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("in/linked"), withDestinationPath: "../other")
    #expect(throws: PackingError.self) { try folder.pack("in/rows.jsonl") }
    let (counts, _) = try folder.pack("in/rows.jsonl", to: "all") { $0.followsLinks = true }
    #expect(counts.samples == 1)
  }

  @Test("an option that a format has no use for is refused")
  func uselessOptions() throws {
    let folder = try TestFolder()
    try folder.write(TestPicture.png(1), to: "in/c/x.png")
    try folder.write("{}", to: "a.json")
    let cases: [(String, InputFormat, String, (inout PackSettings) -> Void)] = [
      ("in", .folder, "--no-header", { $0.hasHeader = false }),
      ("in", .folder, "--names", { $0.names = $0.input }),
      ("in", .imagefolder, "--root", { $0.root = $0.input }),
      ("in", .webdataset, "--seed", { $0.seed = 1 }),
      ("in", .webdataset, "--image-column", { $0.imageColumn = "x" }),
      ("a.json", .coco, "--caption-column", { $0.captionColumn = "x" }),
      ("a.json", .jsonl, "--split", { $0.split = "train" }),
    ]
    for (name, format, option, change) in cases {
      let place = folder.url.appending(path: name).path
      let reason = PackingError.Reason.noUse(option: option, format: format.rawValue)
      #expect(throws: PackingError(place, reason)) {
        try folder.pack(name) { settings in
          settings.format = format
          change(&settings)
        }
      }
    }
  }

  @Test("lines are found whole wherever blocks of reading end", arguments: [
    (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20,
  ])
  func longLines(length: Int) throws {
    let folder = try TestFolder()
    try folder.write(TestPicture.png(1), to: "1.png")
    let head = "{\"file\": \"1.png\", \"pad\": \""
    let long = head + String(repeating: "x", count: length - head.count - 2) + "\"}"
    try folder.write("\(long)\n\n\(long)\n{\"file\": \"1.png\"}", to: "rows.jsonl")
    let (counts, skipped) = try folder.pack("rows.jsonl")
    #expect(counts.samples == 3)
    #expect(skipped == [])
  }
}
