import Foundation
import Images
import Packing
import Records
import Testing
import TestSupport

@Suite("Duplicates")
struct DuplicateTests {
  /// Soft stripes that differ with the seed.
  private static func picture(_ seed: Int) -> Picture {
    let pixels = (0..<(96 * 96)).flatMap { index -> [UInt8] in
      let (x, y) = (index % 96, index / 96)
      let value = (x * (3 + seed % 4) + y * (1 + seed / 4) + seed * 50) % 256
      let level = UInt8(abs(value - 128) * 2 - (abs(value - 128) == 128 ? 1 : 0))
      return [level, level, UInt8(255 - Int(level))]
    }
    return Picture(width: 96, height: 96, pixels: pixels)
  }

  /// Eight pictures, and behind each a copy, a smaller one and a JPEG of it.
  private static func world() throws -> TestFolder {
    let folder = try TestFolder()
    for seed in 0..<8 {
      let picture = picture(seed), png = try ImageEncoder.png(picture)
      try folder.write(png, to: "in/\(seed)-a.png")
      try folder.write(png, to: "in/\(seed)-b.png")
      try folder.write(ImageEncoder.png(picture.resized(longerSide: 70)), to: "in/\(seed)-c.png")
      try folder.write(ImageEncoder.jpeg(picture), to: "in/\(seed)-d.jpg")
      for name in ["a", "b", "c", "d"] { try folder.write("x", to: "in/\(seed)-\(name).txt") }
      try folder.write(ImageEncoder.jpeg(picture.resized(longerSide: 80)), to: "test/\(seed).jpg")
      try folder.write("x", to: "test/\(seed).txt")
    }
    return folder
  }

  private static let firsts = (0..<8).map { "\($0)-a" }

  @Test("copies go, the first stays; look-alikes too where asked for")
  func within() throws {
    let folder = try Self.world()
    let (exact, _) = try folder.pack("in", to: "exact") { $0.filters.duplicates = .exact }
    #expect(exact.samples == 24 && exact.dropped[.copy] == 8 && exact.dropped[.alike] == 0)
    let (near, _) = try folder.pack("in", to: "near") { $0.filters.duplicates = .near }
    #expect(try folder.samples("near").map(\.key) == Self.firsts)
    #expect(near.dropped[.copy] == 8 && near.dropped[.alike] == 16)
  }

  @Test("any number of threads keeps the same ones")
  func threads() throws {
    let folder = try Self.world()
    var all: [[String: Data]] = []
    for jobs in [1, 3, 8] {
      _ = try folder.pack("in", to: "\(jobs)/set") {
        ($0.jobs, $0.filters.duplicates, $0.seed) = (jobs, .near, 5)
      }
      all.append(try folder.contents("\(jobs)/set"))
    }
    #expect(all.allSatisfy { $0 == all[0] })
  }

  @Test("what an evaluation set has is dropped, copies by files and look-alikes by looks")
  func against() throws {
    let folder = try Self.world()
    _ = try folder.pack("test", to: "evaluation") { $0.limit = 3 }
    let evaluation = [folder.url.appending(path: "evaluation")]
    let (near, _) = try folder.pack("in", to: "near") { $0.against = evaluation }
    #expect(near.dropped[.evaluated] == 12 && near.samples == 20)
    #expect(try folder.samples("near").allSatisfy { $0.key >= "3" })
    let (exact, _) = try folder.pack("in", to: "exact") {
      ($0.against, $0.filters.duplicates) = (evaluation, .exact)
    }
    #expect(exact.dropped[.evaluated] == 0)
    let (copies, _) = try folder.pack("test", to: "copies") {
      ($0.against, $0.filters.duplicates) = (evaluation, .exact)
    }
    #expect(copies.dropped[.evaluated] == 3 && copies.samples == 5)
  }

  @Test("a packer that was stopped keeps the same ones when it goes on")
  func continues() throws {
    let folder = try Self.world()
    func settings(_ settings: inout PackSettings) {
      (settings.frameBytes, settings.shardBytes, settings.filters.duplicates) = (4000, 1000, .near)
    }
    _ = try folder.pack("in", to: "whole/set", settings)
    let whole = try folder.contents("whole/set")
    let first = try #require(whole.keys.filter { $0 != "index.json" }.min())
    try folder.write(Array(try #require(whole[first])), to: "cut/set/\(first)")
    _ = try folder.pack("in", to: "cut/set", settings)
    #expect(whole.count > 3)
    #expect(try folder.contents("cut/set") == whole)
  }
}
