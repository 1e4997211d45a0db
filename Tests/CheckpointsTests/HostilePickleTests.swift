import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite("Hostile pickles")
struct HostilePickleTests {
  private func open(_ zip: ZipForge) throws -> PyTorchFile {
    let home = try TestFolder()
    try home.write(zip.bytes, to: "x.pt")
    return try PyTorchFile(path: home.path("x.pt"))
  }

  private func refusal(_ opcodes: [UInt8], stopping: Bool = true) -> String {
    let pickle = [0x80, 2] + opcodes + (stopping ? [0x2E] : [])
    let error = #expect(throws: CheckpointError.self) {
      try open(TorchForge.archive(pickle: pickle, storages: [[UInt8](repeating: 0, count: 16)]))
    }
    return error?.description ?? ""
  }

  private func text(_ text: String) -> [UInt8] {
    [0x58] + little(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  @Test(
    "whatever a pickle would call is refused by its name, and not called",
    arguments: [
      ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "exec"),
      ("_codecs", "encode"), ("subprocess", "Popen"), ("argparse", "Namespace"),
      ("numpy.core.multiarray", "scalar"), ("torch", "load"), ("torch._utils", "_rebuild_qtensor"),
      ("torch", "ComplexFloatStorage"), ("collections", "defaultdict"), ("__builtin__", "set"),
    ])
  func calls(module: String, name: String) {
    let call = text("touch /tmp/never") + [0x85, 0x52]
    let found = refusal(TorchForge.global(module, name) + call)
    #expect(found.contains("\(module).\(name)") && found.contains("torch.save(model.state_dict()"))
    // By STACK_GLOBAL, too.
    #expect(refusal(text(module) + text(name) + [0x93] + call).contains("\(module).\(name)"))
  }

  @Test(
    "opcodes that plain containers do not need are refused by name",
    arguments: [
      (0x69, "INST"), (0x6F, "OBJ"), (0x81, "NEWOBJ"), (0x92, "NEWOBJEX"), (0x82, "EXT1"),
      (0x50, "PERSID"), (0x49, "INT"), (0x56, "UNICODE"), (0x8F, "EMPTYSET"), (0x32, "DUP"),
      (0x97, "NEXTBUFFER"), (0x42, "BINBYTES"), (0x64, "DICT"),
    ])
  func opcodes(opcode: Int, name: String) {
    #expect(refusal([UInt8(opcode)]).contains("the opcode \(name) "))
  }

  @Test("state of an object is let pass for an OrderedDict alone, and not read")
  func state() {
    #expect(refusal([0x7D, 0x7D, 0x62]).contains("the state of an object"))
    #expect(refusal([0x5D, 0x7D, 0x62]).contains("the state of an object"))
  }

  @Test("types and functions are no data, keys are text or numbers")
  func noData() {
    #expect(refusal(TorchForge.global("torch", "Size")).contains("as data"))
    #expect(refusal([0x5D] + TorchForge.global("torch", "float32") + [0x61]).contains("as data"))
    #expect(refusal([0x7D, 0x29, 0x4E, 0x73]).contains("a key that is neither"))
    #expect(refusal([0x7D, 0x88, 0x4E, 0x73]).contains("a key that is neither"))
    #expect(refusal(TorchForge.global("torch", "FloatStorage") + [0x29, 0x52]).contains("a call"))
    #expect(refusal([0x8A, 9] + [UInt8](repeating: 1, count: 9)).contains("64 bits"))
  }

  @Test(
    "broken pickles are errors",
    arguments: [
      [], [0x2E], [0x4E, 0x4E], [0x4E, 0x2E, 0x4E], [0x65], [0x28, 0x75], [0x7D, 0x28, 0x4E, 0x75],
      [0x28], [0x85], [0x68, 1], [0x71, 1], [0x6A, 1, 0, 0, 0], [0x94], [0x80, 9], [0x80, 1],
      [0x58, 0xFF, 0xFF, 0xFF, 0x7F], [0x8D] + [UInt8](repeating: 0xFF, count: 8),
      [0x8A, 8, 1], [0x63, 0x61], [0x51], [0x4E, 0x51], [0x52], [0x93], [0xFF], [0x95],
      [0x58, 1, 0, 0, 0, 0xFF], [0x5D, 0x4E, 0x4E, 0x73], [0x7D, 0x4E, 0x61],
      [0x5D, 0x28, 0x4E, 0x61, 0x61],
    ] as [[UInt8]])
  func broken(opcodes: [UInt8]) {
    #expect(!refusal(opcodes).isEmpty)
    #expect(!refusal(opcodes, stopping: false).isEmpty)
  }

  @Test("nesting beyond 64 levels, a container in itself and endless opcodes are refused")
  func depth() {
    let deep = 5000
    let lists = [UInt8](repeating: 0x5D, count: deep) + [UInt8](repeating: 0x61, count: deep - 1)
    #expect(refusal(lists).contains("nested too deeply"))
    let tuples = [0x29] + [UInt8](repeating: 0x85, count: deep)
    #expect(refusal(tuples).contains("nested too deeply"))
    #expect(refusal([0x5D, 0x71, 1, 0x68, 1, 0x61]).contains("holds itself"))
    #expect(refusal([0x5D, 0x71, 1, 0x5D, 0x68, 1, 0x61, 0x61]).contains("holds itself"))
    let endless = [UInt8](repeating: 0x4E, count: 2 << 20)
    #expect(refusal(endless).contains("more than 524288 opcodes"))
    #expect(refusal([UInt8](repeating: 0x5D, count: 17 << 20)).contains("the limit is"))
  }

  @Test("lists that share lists cost no more than they say")
  func sharing() throws {
    // Sixty lists, each of a hundred times the one before: 10^120 items if they were counted.
    var opcodes: [UInt8] = [0x5D, 0x71, 0]
    for level in 1..<60 as Range<UInt8> {
      opcodes += [0x5D, 0x71, level, 0x28]
      for _ in 0..<100 { opcodes += [0x68, level - 1] }
      opcodes.append(0x65)
    }
    // The last one stays on the stack with those below it: a tuple of them all ends the pickle.
    let file = try open(TorchForge.archive(pickle: [0x80, 2, 0x28] + opcodes + [0x74, 0x2E]))
    #expect(file.root.list?.count == 60)
    #expect(file.root.list?.last?.list?.count == 100)
  }

  @Test(
    "tensors that their storage does not hold are refused",
    arguments: [
      ([5], nil, 0, nil), ([4], nil, 1, nil), ([2, 2], [4, 1], 0, nil), ([4], [-1], 3, nil),
      ([-1], nil, 0, nil), ([1 << 40], [0], 0, nil), ([1 << 62, 4], [0, 0], 0, nil),
      ([2], [Int.max], 0, nil), ([4], nil, -1, nil), ([4], nil, 0, 5), ([4], nil, 0, -4),
      ([4], nil, 0, Int.max), ([4], [1, 1], 0, nil),
    ] as [([Int], [Int]?, Int, Int?)])
  func windows(shape: [Int], strides: [Int]?, first: Int, elements: Int?) {
    var tensor = ForgedTensor([1, 2, 3, 4], shape)
    tensor.strides = strides ?? shape.indices.map { shape[($0 + 1)...].reduce(1, &*) }
    tensor.first = first
    tensor.elements = elements
    #expect(throws: CheckpointError.self) {
      try open(TorchForge.archive(.dictionary([(.text("a"), .tensor(tensor))])))
    }
  }

  @Test("a storage that is not there, and tensors of no float type, are told by name")
  func storages() throws {
    var zip = TorchForge.archive(.dictionary([(.text("a"), .tensor(ForgedTensor([1], [1])))]))
    zip.entries.remove(at: 2)
    let error = #expect(throws: CheckpointError.self) { try open(zip) }
    #expect(error?.description.contains("names the missing storage 0") == true)
    let whole = ForgedTensor("LongStorage", contents: little(Int64(3)), [])
    let file = try open(TorchForge.archive(.dictionary([(.text("a"), .tensor(whole))])))
    let tensors = try PyTorchTensors(file.root.dictionary ?? [], in: file)
    #expect(tensors["a"]?.type == .int64)
    #expect(throws: CheckpointError.self) { try tensors.tensor("a") }
  }

  @Test("every byte of a pickle set to every value is an error or a value, never a trap")
  func bytes() throws {
    let sound = TorchForge.archive(
      .dictionary([
        (.text("s"), .orderedDictionary([(.text("a"), .tensor(ForgedTensor([1, 2], [2])))])),
        (.text("n"), .list([.integer(5), .tuple([.number(2)])])),
      ]))
    var zip = sound
    zip.entries[0].crc = 0
    let home = try TestFolder()
    try home.write(zip.bytes, to: "x.pt")
    let start = 64
    let pickle = Array(zip.bytes[start..<start + zip.entries[0].contents.count])
    #expect(pickle == zip.entries[0].contents)
    var read = 0
    for (index, byte) in pickle.enumerated() {
      for value in stride(from: UInt8(0), through: 255, by: 1) where value != byte {
        try home.patch("x.pt", at: start + index, to: value)
        if (try? PyTorchFile(path: home.path("x.pt"))) != nil { read += 1 }
      }
      try home.patch("x.pt", at: start + index, to: byte)
    }
    #expect(read > 0)
  }
}
