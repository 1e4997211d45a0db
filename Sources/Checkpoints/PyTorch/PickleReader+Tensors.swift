/// The few names and calls that a pickle of tensors consists of.
/// - Source: torch's `torch/_utils.py` and `torch/serialization.py`.
extension PickleReader {
  mutating func global(_ opcode: PickleOpcode) throws(CheckpointError) -> PickleGlobal {
    var module = "", name = ""
    if opcode == .global {
      module = try line()
      name = try line()
    } else {
      guard let second = try pop().value?.string, let first = try pop().value?.string else {
        throw malformed("has a name that is not a text")
      }
      (module, name) = (first, second)
    }
    guard let global = PickleGlobal(module: module, name: name) else {
      throw refused("\(module).\(name)")
    }
    return global
  }

  private mutating func line() throws(CheckpointError) -> String {
    let rest = cursor.bytes[cursor.position...]
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
      throw malformed("has a name that does not end")
    }
    let text = try cursor.text(end - cursor.position)
    _ = try cursor.take(1)
    return text
  }

  /// A call of one of the known functions.
  mutating func reduce() throws(CheckpointError) {
    guard let arguments = try pop().tuple, case .global(let function) = try pop() else {
      throw malformed("calls something that is not a function")
    }
    switch function {
    case .orderedDict:
      guard arguments.isEmpty else { throw malformed("makes an OrderedDict with arguments") }
      stack.append(.container(PickleContainer(.orderedDictionary)))
    case .size:
      guard arguments.count == 1, let sizes = arguments[0].integers else {
        throw malformed("makes a torch.Size of something that is not sizes")
      }
      stack.append(.value(.list(sizes.map(PickleValue.integer))))
    case .rebuildTensor: stack.append(.value(.tensor(try tensor(arguments, count: 6...7))))
    case .rebuildUntypedTensor:
      stack.append(.value(.tensor(try tensor(arguments, count: 7...8))))
    case .rebuildParameter:
      guard arguments.count == 3, let tensor = arguments[0].value?.tensor else {
        throw malformed("makes a parameter of something that is not a tensor")
      }
      stack.append(.value(.tensor(tensor)))
    case .storage, .elementType: throw refused("a call of a type of torch")
    }
  }

  /// The arguments: storage, offset, size, stride, requires_grad, hooks; then for an untyped
  /// storage the element type; then metadata.
  private func tensor(
    _ arguments: [PickleItem], count: ClosedRange<Int>
  ) throws(CheckpointError) -> PyTorchTensor {
    let isTyped = count.lowerBound == 6
    guard count.contains(arguments.count), case .storage(let storage) = arguments[0],
      let first = arguments[1].value?.integer, let shape = arguments[2].integers,
      let strides = arguments[3].integers
    else { throw malformed("makes a tensor with wrong arguments") }
    var type = storage.type
    if !isTyped, type == nil, case .global(.elementType(let named)) = arguments[6] { type = named }
    guard let type, isTyped == (storage.type != nil) else {
      throw malformed("makes a tensor of unknown type")
    }
    let tensor = PyTorchTensor(
      type: type, shape: shape, strides: strides, first: first, storage: storage.entry)
    guard let tensor else {
      throw malformed("has a tensor of shape \(shape) that its storage does not hold")
    }
    return tensor
  }

  /// The state of an object. Only an OrderedDict's is accepted, such as torch's `_metadata`, and it
  /// is not read.
  mutating func build() throws(CheckpointError) {
    let state = try pop()
    let object = try pop()
    guard case .container(let dictionary) = object, dictionary.kind == .orderedDictionary,
      case .container(let attributes) = state, attributes.kind != .list
    else { throw refused("the state of an object") }
    stack.append(object)
  }

  /// A persistent id: ("storage", type, key, device, elements).
  mutating func persistent() throws(CheckpointError) -> PickleStorage {
    guard let id = try pop().tuple, id.count == 5, id[0].value?.string == "storage",
      case .global(.storage(let type)) = id[1], let key = id[2].value?.string,
      id[3].value?.string != nil, let elements = id[4].value?.integer, elements >= 0
    else { throw malformed("has a persistent id that is not of a storage") }
    let entry = try entry(key)
    let (bytes, overflow) = elements.multipliedReportingOverflow(by: type?.size ?? 1)
    guard !overflow, bytes == entry.count else {
      throw malformed("gives \(elements) elements to the storage \(key), which has another size")
    }
    return PickleStorage(type: type, entry: entry)
  }
}
