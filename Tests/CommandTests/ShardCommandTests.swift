import Foundation
import Records
import TestSupport
import Testing

@Suite("coca-shard")
struct ShardCommandTests {
  private static let shard = "data/nine/nine-00000.tar.zst"

  @Test("packs a folder that every other command, and tar, can read")
  func roundTrip() throws {
    let world = try PackedWorld()
    let list = try world.shard("list", "data/nine", "--text")
    #expect(list.code == 0 && list.errors.isEmpty, "\(list.all)")
    #expect(list.output.split(separator: "\n").count == 9)
    #expect(list.output.contains("part 0/picture 4\tpicture number 4 of nine"), "\(list.output)")
    let two = try world.shard("list", "data/nine", "--limit", "2").output
    #expect(two.split(separator: "\n").count == 2)
    #expect(try world.shard("verify", "data/nine").code == 0)
    let summary = try #require(
      JSONSerialization.jsonObject(
        with: Data(try world.shard("inspect", "data/nine", "--json").output.utf8))
        as? [String: Any])
    #expect(summary["samples"] as? Int == 9 && summary["shards"] as? Int == 1)
    #expect(try world.shard("inspect", Self.shard).output.contains("samples"))
    let extracted = try world.shard("extract", "data/nine", "--to", "again")
    #expect(extracted.code == 0, "\(extracted.all)")
    #expect(try world.folder.files(below: "again") == world.folder.files(below: "pictures"))
    let name = "part 1/picture 3.png"
    #expect(try world.folder.data("again/\(name)") == world.folder.data("pictures/\(name)"))
  }

  @Test("index makes the same index.json anew")
  func index() throws {
    let world = try PackedWorld()
    let before = try world.shard("list", "data/nine").output
    try FileManager.default.removeItem(at: world.folder.file("data/nine/index.json"))
    #expect(try world.shard("verify", "data/nine").code == 65)
    #expect(try world.shard("index", "data/nine").code == 0)
    #expect(try world.shard("list", "data/nine").output == before)
  }

  @Test("index of a folder without shards ends with 65 and writes nothing")
  func noShards() throws {
    let world = try PackedWorld()
    let before = try world.folder.files()
    let outcome = try world.shard("index", "pictures")
    #expect(outcome.code == 65 && outcome.output.isEmpty, "\(outcome.all)")
    #expect(outcome.errors.contains("coca-shard pack"), "\(outcome.all)")
    #expect(try world.folder.files() == before)
  }

  @Test("a shard that the system refuses to open is not called damaged: 74",
        arguments: ["verify", "list"])
  func unread(command: String) throws {
    let world = try PackedWorld()
    // Refused for root too, who may read what others may not.
    let shard = world.folder.file(Self.shard)
    try FileManager.default.removeItem(at: shard)
    try FileManager.default.createSymbolicLink(at: shard, withDestinationURL: shard)
    let outcome = try world.shard(command, "data/nine")
    #expect(outcome.code == 74, "\(outcome.all)")
    #expect(outcome.errors.contains("could not be read, 9 samples with them"), "\(outcome.all)")
    #expect(!outcome.all.contains("damaged frames") && !outcome.all.contains("Copy the shards"))
    let key = try world.shard("extract", "data/nine", "--to", "x", "--key", "none")
    #expect(key.code == 74 && !key.errors.contains("no sample"), "\(key.all)")
  }

  @Test("pack tells how many samples have no text, and how to find it")
  func textless() throws {
    let world = try PackedWorld()
    let row = "{\"image\": \"pictures/part 0/picture 0.png\", \"blip_caption\": \"a square\"}\n"
    try world.folder.write(row, to: "blip.jsonl")
    let plain = try world.shard("pack", "blip.jsonl", "--to", "data/plain")
    #expect(plain.code == 0 && plain.output.contains("0 skipped, 1 without text"), "\(plain.all)")
    #expect(plain.errors.contains("`blip_caption`"), "\(plain.all)")
    let named = try world.shard(
      "pack", "blip.jsonl", "--to", "data/named", "--caption-column", "blip_caption")
    #expect(named.code == 0 && named.errors.isEmpty, "\(named.all)")
    #expect(try world.shard("list", "data/named", "--text").output.contains("a square"))
  }

  @Test("pack names three rows of a reason, counts them, and names all with --verbose")
  func skipped() throws {
    let world = try PackedWorld()
    let rows = (0..<9).map { "{\"file\": \"gone\($0).png\"}\n" }.joined()
      + "{\"file\": \"pictures/part 0/picture 0.png\", \"caption\": \"a\"}\n"
    try world.folder.write(rows, to: "rows.jsonl")
    let short = try world.shard("pack", "rows.jsonl", "--to", "data/short")
    #expect(short.code == 0 && short.output.contains("9 skipped"), "\(short.all)")
    #expect(short.errorLines.count == 5 && short.errors.contains("9 rows"), "\(short.all)")
    let whole = try world.shard("pack", "rows.jsonl", "--to", "data/whole", "--verbose")
    #expect(whole.errorLines.count == 9 && whole.errors.contains("gone8.png"), "\(whole.all)")
  }

  @Test("a packed shard is a tar that zstd and tar list in order", .enabled(if: hasTools))
  func tar() throws {
    let world = try PackedWorld()
    let shell = Process(), pipe = Pipe()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", "zstd -dc \(Self.shard) | tar t"]
    shell.currentDirectoryURL = world.folder.url
    shell.standardOutput = pipe
    try shell.run()
    let output = String(
      decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 0)
    let names = output.split(separator: "\n").map(String.init)
    let files = try world.folder.files(below: "pictures").filter { $0.contains(".") }
    #expect(names.count == 18 && names.sorted() == files, "\(names)")
  }

  @Test("verify names each damage with the keys that are lost, and ends with 65")
  func damage() throws {
    let world = try PackedWorld()
    var data = try world.folder.data(Self.shard)
    data[300] ^= 1
    try data.write(to: world.folder.file(Self.shard))
    let outcome = try world.shard("verify", "data/nine")
    #expect(outcome.code == 65, "\(outcome.all)")
    #expect(outcome.all.contains("nine-00000.tar.zst, frame 0"), "\(outcome.all)")
    let keys = try world.shard("list", "data/nine").output
    #expect(keys.isEmpty && outcome.output.contains("(9 samples lost)\n"), "\(outcome.all)")
    #expect(outcome.output.contains("1 shard, 2 frames, 0 samples read, 9 lost\n"))
    for form in [["stats", "data/nine"], ["stats", "data/nine", "--json"]] {
      let stats = try Job.run("coca-shard", form, in: world.folder.url)
      #expect(stats.code == 65 && stats.errors.contains("9 samples lost"), "\(stats.all)")
    }
  }

  @Test("list --text names texts that it can't read, goes on and ends with 65")
  func texts() throws {
    let world = try PackedWorld()
    let samples = [("a", "{\"caption\": \"one\"}"), ("b", "{"), ("c", "{}")].map { key, json in
      Sample(key: key, fields: [Field(suffix: "json", bytes: Array(json.utf8))])
    }
    try world.folder.records("data/odd", samples)
    let list = try world.shard("list", "data/odd", "--text")
    #expect(list.code == 65 && list.output == "a\tone\nc\n", "\(list.all)")
    #expect(list.errorLines.count == 1 && list.errors.contains("odd-00000.tar.zst"))
    #expect(list.errors.contains("b"), "\(list.all)")
    #expect(try world.shard("list", "data/odd").output == "a\nb\nc\n")
  }

  @Test("list and extract name what is damaged, go on with the rest and end with 65")
  func rest() throws {
    let world = try PackedWorld()
    let pack = try world.shard(
      "pack", "pictures", "--to", "data/many", "--shard-size", "1KiB", "--frame-size", "1KiB")
    #expect(pack.code == 0, "\(pack.all)")
    let whole = try world.shard("list", "data/many").output.split(separator: "\n")
    let file = "data/many/many-00001.tar.zst"
    try FileManager.default.removeItem(at: world.folder.file("data/many/many-00000.tar.zst"))
    var data = try world.folder.data(file)
    data[40] ^= 1
    try data.write(to: world.folder.file(file))
    let list = try world.shard("list", "data/many", "--text")
    let left = list.output.split(separator: "\n").map { $0.split(separator: "\t")[0] }
    #expect(list.code == 65 && !left.isEmpty && left.count < whole.count, "\(list.all)")
    #expect(left == whole.suffix(left.count), "\(list.all)")
    #expect(list.errors.contains("many-00000.tar.zst"), "\(list.all)")
    #expect(list.errors.contains("many-00001.tar.zst, frame 0"), "\(list.all)")
    #expect(list.errorLines.last?.contains("2 damaged frames or shards") == true, "\(list.all)")
    let extract = try world.shard("extract", "data/many", "--to", "rest")
    #expect(extract.code == 65 && extract.errors == list.errors, "\(extract.all)")
    #expect(extract.output == "rest: \(left.count) samples\n")
    let files = try world.folder.files(below: "rest").filter { $0.hasSuffix(".png") }
    #expect(files == left.map { "\($0).png" }.sorted())
    let key = try world.shard("extract", "data/many", "--to", "lost", "--key", String(whole[0]))
    #expect(key.code == 65 && key.errors.contains("no sample has this key"), "\(key.all)")
  }

  @Test("stats prints a table or JSON, and writes a page")
  func stats() throws {
    let world = try PackedWorld()
    let table = try world.shard("stats", "data/nine", "--html", "pages/nine.html")
    #expect(table.code == 0 && table.errors.isEmpty, "\(table.all)")
    #expect(table.output.contains("9 of 9 samples"), "\(table.all)")
    #expect(try world.folder.text("pages/nine.html").hasSuffix("</html>\n"))
    let json = try world.shard("stats", "data/nine", "--json", "--limit", "3")
    let values = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect(values?["samples"] as? Int == 9, "\(json.all)")
  }

  @Test("a tokenizer is learnt, smaller than asked where the texts are few, and that is told")
  func tokenizer() throws {
    let world = try PackedWorld()
    let outcome = try world.shard("tokenizer", "data/nine", "--to", "t.model")
    #expect(outcome.code == 0, "\(outcome.all)")
    #expect(outcome.errors.contains("fewer than the 64000 asked for"), "\(outcome.all)")
    #expect(world.folder.exists("t.model"))
  }

  @Test("mistakes end with their code and one line that names the place")
  func mistakes() throws {
    let world = try PackedWorld()
    let cases: [(arguments: [String], code: Int32, place: String)] = [
      (["pack", "nowhere", "--to", "data/x"], 74, "nowhere"),
      (["pack", "pictures", "--to", "data/x", "--level", "99"], 64, "level"),
      (["pack", "a.tar", "b.tar", "--to", "data/x"], 64, "Give the folder that holds the tars"),
      (["pack", "pictures", "--to", "data/x", "--split", "a"], 64, "--split"),
      (["pack", "pictures/part 0/picture 0.txt", "--to", "data/x"], 64, "picture 0.txt"),
      (["list", "nowhere"], 74, "nowhere"), (["verify", "pictures"], 65, "index.json"),
      (["inspect", "nowhere"], 74, "nowhere"),
      (["inspect", "pictures/part 0/picture 0.png"], 65, "picture 0.png"),
      (["extract", "data/nine", "--to", "x", "--key", "none"], 65, "key none"),
      (["tokenizer", "data/nine", "--to", "t.model", "--vocabulary", "3"], 64, "vocabulary"),
      (["tokenizer", "data/nine", "--to", "run.yaml/t.model"], 74, "run.yaml"),
      (["tokenizer", "nowhere", "--to", "t.model"], 74, "nowhere"),
      (["tokenizer", "data/nine", "--to", "pictures"], 74, "it is a folder"),
      (["stats", "data/nine", "--html", "pictures"], 74, "it is a folder"),
      (["index", "run.yaml"], 65, "not a folder"), (["verify", Self.shard], 65, "not a folder"),
    ]
    try world.folder.write("a file, not a folder", to: "run.yaml")
    for (arguments, code, place) in cases {
      let outcome = try Job.run("coca-shard", arguments, in: world.folder.url)
      #expect(outcome.code == code, "\(arguments): \(outcome.all)")
      #expect(outcome.errorLines.count == 1, "\(arguments): \(outcome.all)")
      #expect(
        outcome.errors.hasPrefix("coca-shard: ") && outcome.errors.contains(place),
        "\(arguments): \(outcome.all)")
      #expect(!world.folder.exists("t.model") && !world.folder.exists("data/x/index.json"))
    }
  }

  @Test("a wrong command line ends with 64", arguments: [
    ["pack"], ["pack", "pictures"], ["inspect"], ["nothing"], ["list", "x", "--limit", "-1"],
    ["pack", "pictures", "--to", "x", "--shard-size", "much"], ["pack", "pictures", "--to", ""],
    ["extract", "x", "--to", ""], ["tokenizer", "x", "--to", ""], ["stats", "x", "--html", ""],
  ])
  func usage(arguments: [String]) throws {
    let folder = try TestFolder()
    let outcome = try Job.run("coca-shard", arguments, in: folder.url)
    #expect(outcome.code == 64, "\(outcome.all)")
    #expect(outcome.output.isEmpty && outcome.errors.contains("Usage"), "\(outcome.all)")
    #expect(try folder.files().isEmpty)
  }

  private static let hasTools = ["zstd", "tar"].allSatisfy { tool in
    ["/usr/bin/", "/bin/"].contains { FileManager.default.isExecutableFile(atPath: $0 + tool) }
  }
}
