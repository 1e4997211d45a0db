/// An item on the stack or in the memo of a pickle that is being read.
enum PickleItem {
  case value(PickleValue)
  /// A list or dictionary, shared by all items that refer to it.
  case container(PickleContainer)
  case tuple(PickleTuple)
  case global(PickleGlobal)
  case storage(PickleStorage)

  /// How deeply containers are nested in this item.
  var depth: Int {
    switch self {
    case .container(let container): container.depth
    case .tuple(let tuple): tuple.depth
    default: 0
    }
  }

  /// Nil for an item that is not data: a function, a type, a storage.
  var value: PickleValue? {
    switch self {
    case .value(let value): value
    case .container(let container): container.value
    case .tuple(let tuple): tuple.value
    case .global, .storage: nil
    }
  }

  var tuple: [PickleItem]? {
    guard case .tuple(let tuple) = self else { return nil }
    return tuple.items
  }

  /// The whole numbers of a tuple; nil for any other item.
  var integers: [Int]? {
    guard let items = tuple else { return nil }
    let numbers = items.compactMap { $0.value?.integer }
    return numbers.count == items.count ? numbers : nil
  }
}

/// A storage as a persistent id names it; the type is nil where its size is given in bytes.
struct PickleStorage {
  let type: ElementType?
  let entry: ZipArchive.Entry
}

final class PickleTuple {
  let items: [PickleItem]
  let depth: Int
  /// Made once, so that many references cost no more than one.
  private(set) lazy var value = items.value

  init(_ items: [PickleItem]) {
    self.items = items
    depth = 1 + (items.map(\.depth).max() ?? 0)
  }
}

final class PickleContainer {
  enum Kind { case list, dictionary, orderedDictionary }

  let kind: Kind
  private(set) var depth = 1
  /// Whether another container holds it. It can no longer grow then, so no container holds itself.
  private(set) var isClosed = false
  private var items: [PickleItem] = []
  private var pairs: [(key: PickleKey, item: PickleItem)] = []
  private(set) lazy var value = kind == .list ? items.value : dictionary

  init(_ kind: Kind) { self.kind = kind }

  func close() { isClosed = true }

  func append(_ item: PickleItem) {
    items.append(item)
    depth = max(depth, 1 + item.depth)
  }

  func append(_ key: PickleKey, _ item: PickleItem) {
    pairs.append((key, item))
    depth = max(depth, 1 + item.depth)
  }

  private var dictionary: PickleValue? {
    var result: [(key: PickleKey, value: PickleValue)] = []
    result.reserveCapacity(pairs.count)
    for (key, item) in pairs {
      guard let value = item.value else { return nil }
      result.append((key, value))
    }
    return .dictionary(result)
  }
}

extension [PickleItem] {
  fileprivate var value: PickleValue? {
    let values = compactMap(\.value)
    return values.count == count ? .list(values) : nil
  }
}
