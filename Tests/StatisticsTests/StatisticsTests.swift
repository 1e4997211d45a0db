import Foundation
import Images
import Records
import Statistics
import TestSupport
import Testing

@Suite("Statistics of a set")
struct StatisticsTests {
  let folder: TestFolder
  let set: RecordSet
  static let hostile = "</bdi><script>alert('x')</script> & \"quoted\""

  init() throws {
    folder = try TestFolder()
    let writer = try RecordWriter(
      directory: folder.file("s"), name: "s", shardBytes: 4000, frameBytes: 4 << 10, level: 1,
      origin: "a <test>")
    for sample in try Self.samples() { try writer.append(sample) }
    _ = try writer.finish()
    set = try RecordSet(directory: folder.file("s"))
  }

  private static func picture(_ width: Int, _ height: Int, _ shade: UInt8) throws -> [UInt8] {
    try ImageEncoder.png(
      Picture(
        width: width, height: height,
        pixels: Array(repeating: shade, count: width * height * 3)))
  }

  /// Twelve plain ones, two of them alike; then a wide, a broken, a silent one and a hostile text.
  private static func samples() throws -> [Sample] {
    func sample(_ key: String, _ png: [UInt8], _ text: String?) -> Sample {
      let words = text.map { [Field(suffix: "txt", bytes: Array($0.utf8))] } ?? []
      return Sample(key: key, fields: [Field(suffix: "png", bytes: png)] + words)
    }
    let plain = try (0..<12).map { number in
      let like = max(1, number)
      return sample(
        "plain-\(number)", try picture(20, 10, UInt8(like)), "the bird of number \(like)")
    }
    let small = try picture(10, 10, 200)
    return plain + [
      sample("wide", try picture(300, 2, 5), "ein Vogel und der Baum"),
      sample("broken", Array(small.prefix(45)), "eine Katze ist auf dem Dach"),
      sample("silent", small, nil), sample("hostile", try picture(11, 11, 201), hostile),
    ]
  }

  @Test("sizes, texts, languages, duplicates, offenders and faults are those of the samples")
  func figures() throws {
    let statistics = SetStatistics(try SetSurvey(set, jobs: 3))
    #expect(statistics.samples == 16 && statistics.seen == 16 && statistics.lost == 0)
    #expect(statistics.pictures.formats == ["png": 16])
    #expect(statistics.pictures.shorter_side.least == 2)
    #expect(statistics.pictures.longer_side.most == 300)
    #expect(statistics.pictures.aspect_ratio.median == 2)
    #expect(statistics.texts.count == 15 && statistics.texts.captions == 15)
    #expect(statistics.texts.words.median == 5)
    #expect(statistics.texts.languages["en"] == 12 && statistics.texts.languages["de"] == 2)
    #expect(statistics.duplicates.pictures.kinds == 1)
    #expect(statistics.duplicates.pictures.superfluous == 1)
    #expect(statistics.duplicates.texts.most.map(\.count) == [2])
    #expect(statistics.duplicates.texts.most.first?.text == "the bird of number 1")
    #expect(statistics.duplicates.keys.kinds == 0)
    #expect(statistics.duplicates.pictures.most.map(\.keys) == [["plain-0", "plain-1"]])
    #expect(statistics.texts.ids == nil)
    #expect(statistics.offenders.first { $0.why == "widest" }?.key == "wide")
    #expect(statistics.faulty == 2)
    #expect(Set(statistics.faults.compactMap(\.key)) == ["broken", "silent"])
    #expect(statistics.table.contains { $0.hasPrefix("shorter side") && $0.contains("10") })
    #expect(
      statistics.table.contains("same pictures  1 more than once, copies too many: 1"),
      "\(statistics.table)")
    #expect(statistics.table.contains("  2 × plain-0, plain-1: the bird of number 1"))
    #expect(statistics.table.contains { $0.hasPrefix("languages") && $0.contains("Latin letters") })
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(statistics))
    #expect((json as? [String: Any])?["seen"] as? Int == 16)
  }

  @Test("an extreme that many samples have is told once, with their number")
  func ties() throws {
    let statistics = SetStatistics(try SetSurvey(set, jobs: 1))
    let most = statistics.offenders.filter { $0.why == "most pixels" }
    #expect(most.map(\.value) == ["300 × 2", "20 × 10, as 11 others", "11 × 11"])
    #expect(most.map(\.key) == ["wide", "plain-0", "hostile"])
  }

  @Test("with a tokenizer, ids of texts are counted, start and end included")
  func ids() throws {
    let statistics = SetStatistics(try SetSurvey(set, tokenizer: ByteTokenizer(), jobs: 2))
    let ids = try #require(statistics.texts.ids)
    #expect(ids.count == 15 && ids.median == Double("the bird of number 1".utf8.count + 2))
    #expect(ids.most == Double(Self.hostile.utf8.count + 2))
    #expect(statistics.table.contains { $0.hasPrefix("ids ") })
  }

  @Test("a part of the frames can be looked at, and damage is counted")
  func partAndDamage() throws {
    let part = SetStatistics(try SetSurvey(set, limit: 5, jobs: 2))
    #expect(part.seen > 0 && part.seen < 16 && part.samples == 16)
    let shard = set.file(shard: 0)
    let lost = try set.open(shard: 0).frameSamples[0]
    var bytes = try Data(contentsOf: shard)
    bytes[40] ^= 0xFF
    try bytes.write(to: shard)
    let hurt = SetStatistics(try SetSurvey(set, jobs: 2))
    #expect(hurt.lost == lost && hurt.seen == 16 - lost)
    #expect(hurt.faults.contains { $0.frame == 0 && $0.key == nil && $0.file == "s-00000.tar.zst" })
  }

  @Test("the page holds its pictures itself, loads and runs nothing, and shows texts as they are")
  func page() throws {
    let survey = try SetSurvey(set, jobs: 2)
    let html = StatisticsPage(SetStatistics(survey), survey).html
    #expect(html.contains("src=\"data:image/jpeg;base64,"))
    let repeated = try #require(html.split(separator: "<h2>Repeated</h2>").last)
    #expect(repeated.contains("plain-0</small>") && repeated.contains("plain-1</small>"))
    #expect(repeated.split(separator: "data:image/jpeg").count == 5)
    #expect(html.contains("<b>12</b><i style=\"height:100%\">"))
    #expect(html.contains("default-src 'none'"))
    for part in ["<script", "<link", "http:", "https:", "//", "onload"] {
      let outside = html.replacing(/base64,[A-Za-z0-9+\/=]+/, with: "")
      #expect(!outside.contains(part), "\(part)")
    }
    #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;quoted"))
    #expect(html.contains("a &lt;test&gt;"))
  }

  @Test("an empty set has a page too")
  func empty() throws {
    let writer = try RecordWriter(
      directory: folder.file("none"), name: "none", shardBytes: 1, frameBytes: 1, level: 1,
      origin: "nothing")
    _ = try writer.finish()
    let survey = try SetSurvey(RecordSet(directory: folder.file("none")), jobs: 1)
    let statistics = SetStatistics(survey)
    #expect(statistics.seen == 0 && !statistics.table.isEmpty)
    #expect(StatisticsPage(statistics, survey).html.contains("None."))
  }
}

@Suite("Languages by script and small words")
struct LanguageTests {
  @Test("are told where the caption has something to tell them by", arguments: [
    ("the cat is on the roof", "en"), ("die Katze und der Hund", "de"),
    ("le chat est sur la table", "fr"), ("el gato y los perros", "es"),
    ("il gatto è nel giardino", "it"), ("o gato e um cão não", "pt"),
    ("het huis van een vriend", "nl"), ("red bird", "latin"), ("кошка на крыше", "cyrillic"),
    ("屋根の上の猫", "ja"), ("屋顶上的猫", "zh"), ("지붕 위의 고양이", "ko"), ("γάτα", "el"),
    ("قطة على السطح", "arabic"), ("1234 !?", "none"), ("", "none"),
  ])
  func guesses(text: String, language: String) { #expect(Language.guess(text) == language) }
}
