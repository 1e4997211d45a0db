/// Reads pickles of tensors in plain containers, and nothing else: no Python name is looked up and
/// no function is called. Anything else that a pickle asks for is refused by name.
///
/// Memory is bounded by the number of opcodes, each of which makes one small item; so is nesting.
/// - Source: Python's `pickletools`. torch writes protocol 2, and up to 5 on request.
struct PickleReader {
  static let byteLimit = 16 << 20
  static let opcodeLimit = 1 << 19
  static let depthLimit = 64

  var cursor: ByteCursor
  var stack: [PickleItem] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleItem] = [:]
  /// The position of the present opcode.
  private var at = 0
  let place: String
  private let storage: (String) -> ZipArchive.Entry?

  private init(
    _ bytes: [UInt8], place: String, storage: @escaping (String) -> ZipArchive.Entry?
  ) {
    cursor = ByteCursor(bytes, place: place)
    self.place = place
    self.storage = storage
  }

  /// - Parameters:
  ///   - place: the file, for errors.
  ///   - storage: finds the archive's entry for a storage's key.
  /// - Throws: `CheckpointError`, of reason `.unsupported` for what is refused.
  static func read(
    _ bytes: [UInt8], place: String, storage: @escaping (String) -> ZipArchive.Entry?
  ) throws(CheckpointError) -> PickleValue {
    var reader = PickleReader(bytes, place: place, storage: storage)
    for _ in 0..<opcodeLimit {
      reader.at = reader.cursor.position
      let byte = try reader.cursor.number(UInt8.self)
      guard let opcode = PickleOpcode(rawValue: byte) else {
        throw reader.malformed("has an unknown opcode \(byte)")
      }
      if opcode == .stop { return try reader.result() }
      try reader.run(opcode)
    }
    throw reader.malformed("has more than \(opcodeLimit) opcodes")
  }

  private func result() throws(CheckpointError) -> PickleValue {
    guard stack.count == 1, marks.isEmpty, cursor.rest == 0 else {
      throw malformed("does not end with one value")
    }
    guard let value = stack[0].value else { throw refused("a type or a function as data") }
    return value
  }

  func malformed(_ what: String) -> CheckpointError {
    CheckpointError(place, .malformed("its pickle \(what) at byte \(at)"))
  }

  func refused(_ what: String) -> CheckpointError {
    CheckpointError(
      place,
      .unsupported(
        "its pickle asks for \(what) at byte \(at), which tensors and plain containers don't need",
        remedy: "Save the weights alone: torch.save(model.state_dict(), FILE)"))
  }

  private mutating func run(_ opcode: PickleOpcode) throws(CheckpointError) {
    switch opcode {
    case .none: stack.append(.value(.none))
    case .newTrue: stack.append(.value(.bool(true)))
    case .newFalse: stack.append(.value(.bool(false)))
    case .binInt, .binInt1, .binInt2, .long1, .binFloat: stack.append(.value(try number(opcode)))
    case .binUnicode, .shortBinUnicode, .binUnicode8:
      stack.append(.value(.string(try text(opcode))))
    case .emptyList: stack.append(.container(PickleContainer(.list)))
    case .emptyDict: stack.append(.container(PickleContainer(.dictionary)))
    case .emptyTuple: stack.append(.tuple(PickleTuple([])))
    case .tuple, .tuple1, .tuple2, .tuple3: try makeTuple(opcode)
    case .append, .appends, .setItem, .setItems: try grow(opcode)
    case .mark: marks.append(stack.count)
    case .binPut, .longBinPut, .memoize: try remember(opcode)
    case .binGet, .longBinGet: try recall(opcode)
    case .proto:
      let version = try cursor.number(UInt8.self)
      guard (2...5).contains(version) else { throw malformed("is of protocol \(version)") }
    case .frame: _ = try cursor.size(UInt64.self)
    case .global, .stackGlobal: stack.append(.global(try global(opcode)))
    case .reduce: try reduce()
    case .build: try build()
    case .binPersID: stack.append(.storage(try persistent()))
    default: throw refused("the opcode \("\(opcode)".uppercased())")
    }
  }
}

// Numbers, texts, stack and memo.
extension PickleReader {
  private mutating func number(_ opcode: PickleOpcode) throws(CheckpointError) -> PickleValue {
    switch opcode {
    case .binInt: return .integer(Int(try cursor.number(Int32.self)))
    case .binInt1: return .integer(Int(try cursor.number(UInt8.self)))
    case .binInt2: return .integer(Int(try cursor.number(UInt16.self)))
    case .binFloat:
      return .number(Double(bitPattern: try cursor.number(UInt64.self).byteSwapped))
    default:
      let bytes = try cursor.take(Int(try cursor.number(UInt8.self)))
      guard bytes.count <= 8 else { throw refused("a whole number of more than 64 bits") }
      let sign: UInt64 = (bytes.last ?? 0) < 0x80 ? 0 : .max
      let bits = bytes.reversed().reduce(sign) { $0 << 8 | UInt64($1) }
      return .integer(Int(truncatingIfNeeded: bits))
    }
  }

  private mutating func text(_ opcode: PickleOpcode) throws(CheckpointError) -> String {
    switch opcode {
    case .shortBinUnicode: try cursor.text(Int(try cursor.number(UInt8.self)))
    case .binUnicode: try cursor.text(try cursor.size(UInt32.self))
    default: try cursor.text(try cursor.size(UInt64.self))
    }
  }

  mutating func pop() throws(CheckpointError) -> PickleItem {
    guard stack.count > marks.last ?? 0, let item = stack.popLast() else {
      throw malformed("takes from an empty stack")
    }
    return item
  }

  /// The items above the last mark; they and the mark are removed from the stack.
  private mutating func popToMark() throws(CheckpointError) -> [PickleItem] {
    guard let mark = marks.popLast(), mark <= stack.count else { throw malformed("lacks a mark") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func makeTuple(_ opcode: PickleOpcode) throws(CheckpointError) {
    let items: [PickleItem]
    if opcode == .tuple {
      items = try popToMark()
    } else {
      var taken: [PickleItem] = []
      for _ in PickleOpcode.tuple1.rawValue...opcode.rawValue { taken.append(try pop()) }
      items = taken.reversed()
    }
    for item in items { try close(item) }
    stack.append(.tuple(PickleTuple(items)))
  }

  /// Closes an item that another one will hold.
  private func close(_ item: PickleItem) throws(CheckpointError) {
    guard item.depth < PickleReader.depthLimit else { throw malformed("is nested too deeply") }
    if case .container(let container) = item { container.close() }
  }

  private mutating func grow(_ opcode: PickleOpcode) throws(CheckpointError) {
    var items: [PickleItem]
    switch opcode {
    case .append: items = [try pop()]
    case .setItem:
      items = [try pop()]
      items.insert(try pop(), at: 0)
    default: items = try popToMark()
    }
    guard case .container(let container)? = stack.last, stack.count > marks.last ?? 0,
      (container.kind == .list) == (opcode == .append || opcode == .appends)
    else { throw malformed("adds to something that is not such a container") }
    for item in items { try close(item) }
    guard !container.isClosed else { throw malformed("has a container that holds itself") }
    if container.kind == .list {
      items.forEach(container.append)
    } else {
      try add(items, to: container)
    }
  }

  private func add(_ items: [PickleItem], to container: PickleContainer) throws(CheckpointError) {
    guard items.count % 2 == 0 else { throw malformed("has a key without a value") }
    for index in stride(from: 0, to: items.count, by: 2) {
      switch items[index].value {
      case .string(let text): container.append(.string(text), items[index + 1])
      case .integer(let number): container.append(.integer(number), items[index + 1])
      default: throw refused("a key that is neither text nor a whole number")
      }
    }
  }

  private mutating func remember(_ opcode: PickleOpcode) throws(CheckpointError) {
    let key =
      switch opcode {
      case .binPut: Int(try cursor.number(UInt8.self))
      case .longBinPut: try cursor.size(UInt32.self)
      default: memo.count
      }
    guard let item = stack.last, stack.count > marks.last ?? 0 else {
      throw malformed("stores an item in the memo, but has none")
    }
    memo[key] = item
  }

  private mutating func recall(_ opcode: PickleOpcode) throws(CheckpointError) {
    let key =
      opcode == .binGet ? Int(try cursor.number(UInt8.self)) : try cursor.size(UInt32.self)
    guard let item = memo[key] else { throw malformed("reads from the memo what was never stored") }
    stack.append(item)
  }
}

extension PickleReader {
  /// The archive's entry for the storage that a persistent id names.
  func entry(_ key: String) throws(CheckpointError) -> ZipArchive.Entry {
    guard let entry = storage(key) else { throw malformed("names the missing storage \(key)") }
    return entry
  }
}
