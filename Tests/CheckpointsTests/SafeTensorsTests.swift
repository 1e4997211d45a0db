import Checkpoints
import Foundation
import Tensors
import Testing
import TestSupport

@Suite("Safetensors")
struct SafeTensorsTests {
  /// A file of the given header and data.
  private func file(
    _ home: TestFolder, _ header: String, data: [UInt8], length: UInt64? = nil
  ) throws -> String {
    let json = Array(header.utf8)
    let field = withUnsafeBytes(of: (length ?? UInt64(json.count)).littleEndian, Array.init)
    try home.write(field + json + data, to: "x.safetensors")
    return home.path("x.safetensors")
  }

  private func entry(_ type: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
    #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
  }

  private func read(_ name: String, count: Int, _ path: String) throws -> [Float] {
    try SmallCheckpoint.read(name, count, from: TensorFiles(file: path))
  }

  @Test("what was written is read, header aligned, metadata kept, scalars and empties too")
  func roundTrip() throws {
    let home = try TestFolder()
    let path = home.path("a.safetensors")
    let floats: [Float] = [1.5, -0, .infinity, .leastNonzeroMagnitude, 5, 6]
    let integers: [Int64] = [.min, -1, .max]
    try floats.withUnsafeBufferPointer { floats in
      try integers.withUnsafeBufferPointer { integers in
        try SafeTensorsWriter.write(
          [
            TensorSource("odd \"name\"\u{1}ü", shape: [1, 6], floats: floats),
            TensorSource("scalar", shape: [], floats: .init(rebasing: floats[..<1])),
            TensorSource("empty", shape: [0, 7], floats: .init(rebasing: floats[..<0])),
            TensorSource("whole", shape: [3], integers: integers),
          ], metadata: ["keys": "a\nb"], to: path)
      }
    }
    let file = try SafeTensorsFile(path: path)
    #expect(file.metadata == ["keys": "a\nb"])
    #expect(file.entries.allSatisfy { $0.offset % $0.type.size == 0 })
    #expect(try file.integers("whole") == integers)
    #expect(try read("odd \"name\"\u{1}ü", count: 6, path).map(\.bitPattern)
      == floats.map(\.bitPattern))
    #expect(try read("scalar", count: 1, path) == [1.5])
    #expect(try read("empty", count: 0, path) == [])
    #expect(file["scalar"]?.shape == [])
    #expect(try home.bytes("a.safetensors")[0] % 8 == 0)
    #expect(try home.names() == ["a.safetensors"])
  }

  @Test("tensors can be made when their turn comes, and read in part")
  func parts() throws {
    let home = try TestFolder()
    let path = home.path("a.safetensors")
    var made: [String] = []
    func source(_ name: String, _ first: Float) -> TensorSource {
      TensorSource(name, shape: [2, 3]) {
        made.append(name)
        return Tensor((0..<6).map { first + Float($0) }, shape: [2, 3])
      }
    }
    try SafeTensorsWriter.write([source("b", 10), source("a", 20)], to: path)
    #expect(made == ["b", "a"])
    let files = try TensorFiles(file: path)
    #expect(try files.tensor("a", shape: [2, 3]).values == [20, 21, 22, 23, 24, 25])
    let row = Tensor([3])
    for (first, expected) in [(0, [10, 11, 12] as [Float]), (3, [13, 14, 15]), (2, [12, 13, 14])] {
      try files.read("b", shape: [2, 3], elements: first..<first + 3, into: row.buffer)
      #expect(row.values == expected)
    }
    #expect(throws: CheckpointError.self) {
      try files.read("b", shape: [3, 2], elements: 0..<3, into: row.buffer)
    }
  }

  @Test("what cannot be made leaves no file")
  func notMade() throws {
    let home = try TestFolder()
    let lost = CheckpointError("b", .missing("its part"))
    let source = TensorSource("b", shape: [1]) { () throws(CheckpointError) in throw lost }
    #expect(throws: lost) { try SafeTensorsWriter.write([source], to: home.path("a.safetensors")) }
    #expect(try home.names().isEmpty)
  }

  @Test("F16, BF16 and F64 become float32; other types are refused")
  func conversion() throws {
    let home = try TestFolder()
    let values: [Double] = [1, -2.5, 65504, 0, 0.333251953125, .infinity]
    let half = values.flatMap {
      withUnsafeBytes(of: Float16($0).bitPattern.littleEndian, Array.init)
    }
    let path = try file(home, #"{"a":\#(entry("F16", "[6]", 0, 12))}"#, data: half)
    #expect(try read("a", count: 6, path) == values.map { Float($0) })
    let brain: [UInt8] = [0x80, 0x3F, 0x49, 0x40]
    let second = try file(home, #"{"a":\#(entry("BF16", "[2]", 0, 4))}"#, data: brain)
    #expect(try read("a", count: 2, second) == [1, 3.140625])
    let wide = withUnsafeBytes(of: (1.0 / 3).bitPattern.littleEndian, Array.init)
    let third = try file(home, #"{"a":\#(entry("F64", "[]", 0, 8))}"#, data: wide)
    #expect(try read("a", count: 1, third) == [Float(1.0 / 3)])
    let fourth = try file(home, #"{"a":\#(entry("I64", "[1]", 0, 8))}"#, data: wide)
    #expect(throws: CheckpointError.self) { try read("a", count: 1, fourth) }
  }

  @Test("conversion goes on over block borders")
  func longConversion() throws {
    let home = try TestFolder()
    let count = (1 << 19) + 3
    var data: [UInt8] = []
    var expected: [Float] = []
    for index in 0..<count {
      let low = index & 0x7F
      data += [UInt8(low), 0x3C]
      expected.append(1 + Float(low) / 1024)
    }
    let header = #"{"a":\#(entry("F16", "[\(count)]", 0, 2 * count))}"#
    let floats = try read("a", count: count, file(home, header, data: data))
    #expect(floats == expected)
  }

  @Test("another shape, an absent tensor and a wrong buffer are errors")
  func wrongRequests() throws {
    let home = try TestFolder()
    let path = try file(
      home, #"{"a":\#(entry("F32", "[2,1]", 0, 8))}"#, data: [UInt8](repeating: 0, count: 8))
    let opened = try SafeTensorsFile(path: path)
    var floats: [Float] = [1, 1]
    floats.withUnsafeMutableBufferPointer { buffer in
      #expect(throws: CheckpointError(path, .missing("tensor b"))) {
        try opened.read("b", into: buffer)
      }
      #expect(
        throws: CheckpointError(path, .wrongShape(name: "a", expected: [1, 2], found: [2, 1]))
      ) { try opened.read("a", shape: [1, 2], into: buffer) }
      #expect(throws: CheckpointError.self) {
        try opened.read("a", into: UnsafeMutableBufferPointer(rebasing: buffer[..<1]))
      }
    }
    #expect(floats == [1, 1])
  }

  @Test("headers that lie are refused", arguments: [
    "{}x", "[]", "", " {}", "{\"a\":1}",
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}"#,
    #"{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2305843009213693954],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
      + #""a":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
      + #""b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"x":1}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":[]}"#,
    #"{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
  ])
  func lies(header: String) throws {
    let home = try TestFolder()
    let path = try file(home, header, data: [UInt8](repeating: 0, count: 8))
    #expect(throws: CheckpointError.self) { try SafeTensorsFile(path: path) }
  }

  @Test("a header length beyond the file or the limit is refused",
    arguments: [200, 1 << 20, 1 << 40, 1 << 63, UInt64.max])
  func lengths(length: UInt64) throws {
    let home = try TestFolder()
    let path = try file(home, "{}", data: [], length: length)
    #expect(throws: CheckpointError.self) { try SafeTensorsFile(path: path) }
  }

  @Test("what is no weights at all is told as what it is", arguments: [
    ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n", ["git lfs pull"]),
    ("<!DOCTYPE html><html>", ["a text file, not weights"]),
    ("model: tiny\nbatch: 2\n", ["a text file, not weights"]),
    ("\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}", ["no safetensors file", "16777216"]),
  ])
  func otherFiles(contents: String, texts: [String]) throws {
    let home = try TestFolder()
    try home.write(Array(contents.utf8), to: "x.safetensors")
    let error = #expect(throws: CheckpointError.self) {
      try SafeTensorsFile(path: home.path("x.safetensors"))
    }
    let description = error?.description ?? ""
    #expect(texts.allSatisfy(description.contains), "\(description)")
    #expect(!description.contains("older checkpoint") && error?.kind == .data)
  }

  @Test("flipped bits and cuts of a lone file never crash and never shorten a tensor")
  func flips() throws {
    let home = try TestFolder()
    let header = #"{"a":\#(entry("F32", "[2]", 0, 8)),"b":\#(entry("F16", "[2,1]", 8, 12))}"#
    let path = try file(home, header, data: [UInt8](repeating: 1, count: 12))
    let sound = try home.bytes("x.safetensors")
    for index in sound.indices {
      for bit in 0..<8 {
        var flipped = sound
        flipped[index] ^= 1 << UInt8(bit)
        try home.write(flipped, to: "x.safetensors")
        guard let opened = try? SafeTensorsFile(path: path) else { continue }
        #expect(opened.entries.reduce(0) { $0 + $1.byteCount } == 12)
      }
      try home.write(Array(sound[..<index]), to: "x.safetensors")
      #expect(throws: CheckpointError.self) { try SafeTensorsFile(path: path) }
    }
  }

  @Test("a folder or a pipe under the name is an error, not a hang")
  func noRegularFile() throws {
    let home = try TestFolder()
    mkfifo(home.path("pipe"), 0o600)
    for path in [home.path("pipe"), home.url.path] {
      #expect(throws: CheckpointError.self) { try SafeTensorsFile(path: path) }
    }
  }
}
