import Foundation
import Packing
import Records
import Testing
import TestSupport

@Suite("CSV")
struct CSVTests {
  private func world(_ csv: String) throws -> TestFolder {
    let folder = try TestFolder()
    for index in 1...4 { try folder.write(TestPicture.png(index), to: "\(index).png") }
    try folder.write(csv, to: "rows.csv")
    return folder
  }

  private func captions(_ csv: String) throws -> [[String]] {
    let folder = try world(csv)
    _ = try folder.pack("rows.csv")
    return try folder.samples().map { try $0.annotation().captions }
  }

  @Test("commas, tabs and semicolons divide, as the first line tells", arguments: [",", "\t", ";"])
  func separators(separator: String) throws {
    let rows = [["filepath", "title"], ["1.png", "\"a \"\"b\"\"\""], ["2.png", "5\" tall"]]
    let csv = rows.map { $0.joined(separator: separator) }.joined(separator: "\n")
    #expect(try captions(csv) == [["a \"b\""], ["5\" tall"]])
  }

  @Test("quoted fields hold commas, newlines and quotes; ends of lines may be CRLF")
  func quotes() throws {
    let csv = "caption,x,file\r\n\"one, two\nthree\r\n\r\nfour\",\"\",1.png\r\n"
      + "\"\"\"\",,\"2.png\"\r\n"
    #expect(try captions(csv) == [["one, two\nthree\r\n\r\nfour"], ["\""]])
  }

  @Test("other columns are kept, but not under a name that means something else")
  func others() throws {
    let folder = try world("file,title,caption,recaption,tokens\n1.png,t,c,r,9\n2.png,,d,,\n")
    _ = try folder.pack("rows.csv")
    let samples = try folder.samples()
    #expect(samples.map { $0.bytes("json").map { String(decoding: $0, as: UTF8.self) } } == [
      "{\"recaption\":\"r\",\"title\":\"t\"}", nil,
    ])
    #expect(try samples.map { try $0.annotation().captions } == [["c"], ["d"]])
  }

  @Test("a broken quote costs its own line only", arguments: [
    ("2.png,\"open", "a quote that does not end"),
    ("2.png,\"a\" b", "text after a closing quote"),
    ("\"2.png,\"x\"", "text after a closing quote"),
    ("\"2.png", "a quote that does not end"),
    ("2.png", "1 columns, 2 needed"),
  ])
  func broken(line: String, why: String) throws {
    for (rows, number) in [
      (["1.png,one", line, "3.png,three", "4.png,four"], 3),
      ([line, "1.png,\"one\"", "3.png,\"three\"", "4.png,\"four\""], 2),
    ] {
      let folder = try world((["file,caption"] + rows).joined(separator: "\n"))
      let (counts, skipped) = try folder.pack("rows.csv")
      #expect(try folder.samples().map(\.key) == ["1", "3", "4"], "\(rows)")
      #expect(counts.skipped == 1)
      let text = "\(try #require(skipped.first))"
      #expect(text.contains("rows.csv line \(number): "), "\(text)")
      // A quote may end at the next one, which then has text behind it.
      #expect(text.contains(why) || text.contains("text after a closing quote"), "\(text)")
    }
  }

  @Test("a quote that never ends is looked for in 1,000 lines, and all other rows arrive")
  func neverEnds() throws {
    let rest = (0..<3000).map { "\($0 % 4 + 1).png,row \($0)" }.joined(separator: "\n")
    let folder = try world("file,caption\n1.png,\"open\n\(rest)")
    let (counts, skipped) = try folder.pack("rows.csv")
    #expect(counts.samples == 3000)
    #expect(skipped.map(\.reason) == [.row("a quote that does not end")])
  }

  @Test("random text is read or refused, and rows behind it arrive")
  func random() throws {
    var generator = SystemRandomNumberGenerator()
    let letters = Array("a\",\"\n\r;\t\u{0}é".unicodeScalars)
    for _ in 0..<60 {
      let noise = String(String.UnicodeScalarView((0..<Int.random(in: 0...40)).map { _ in
        letters.randomElement(using: &generator)!
      }))
      let tail = String(repeating: "\n4.png,tail", count: 2)
      let folder = try world("file,caption\n1.png,head\n\(noise)\n\(tail)\n")
      _ = try folder.pack("rows.csv")
      let keys = try folder.samples().map(\.key)
      #expect(keys.first == "1" && keys.last?.hasPrefix("4") == true, "\(noise.debugDescription)")
    }
  }
}
