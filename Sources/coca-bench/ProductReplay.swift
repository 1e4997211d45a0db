import Tensors

/// Computes the products of a computation again, alone. Operands of the whole team's products are
/// not in cache; those of one thread's are in a small memory of its own, as attention's scores are.
final class ProductReplay: @unchecked Sendable {  // each thread moves in its own memory
  private let products: [GEMM.Product]
  private let shared: Memory
  private let own: [Memory]

  init(_ products: [GEMM.Product]) {
    self.products = products
    func most(_ isShared: Bool) -> Int {
      products.filter { $0.isShared == isShared }.map(\.elements).max() ?? 0
    }
    shared = Memory(max(1 << 28, most(true)))
    own = (0..<Threads.count).map { _ in Memory(max(1 << 19, most(false))) }
  }

  func run() {
    var index = 0
    while index < products.count {
      guard !products[index].isShared else {
        products[index].multiply(in: shared.next(products[index].elements))
        index += 1
        continue
      }
      let end = products[index...].firstIndex { $0.isShared } ?? products.count
      let first = index
      Threads.tasks(end - first) { task, member in
        let product = products[first + task]
        product.multiply(in: own[member].next(product.elements))
      }
      index = end
    }
  }

  /// Memory that is handed out piece by piece, and again from the front after its end.
  private final class Memory {
    private let tensor: Tensor
    private var used = 0

    init(_ count: Int) {
      tensor = Tensor([count])
      tensor.fill(0.5)
    }

    func next(_ count: Int) -> UnsafeMutablePointer<Float> {
      if used + count > tensor.count { used = 0 }
      defer { used += count }
      return tensor.pointer + used
    }
  }
}

extension GEMM.Product {
  /// Elements of both factors and the result.
  var elements: Int { rows * depth + depth * columns + rows * columns }

  /// Multiplies what is in `memory`: one factor after the other, and the result after them.
  func multiply(in memory: UnsafeMutablePointer<Float>, byOpenBLAS: Bool = false) {
    let a = Matrix(memory, rows: rows, columns: depth, isTransposed: isLeftTransposed)
    let right = memory + rows * depth, result = right + depth * columns
    let b = Matrix(right, rows: depth, columns: columns, isTransposed: isRightTransposed)
    let c = Matrix(result, rows: rows, columns: columns)
    if byOpenBLAS {
      OpenBLAS.multiply(a, b, into: c, Addend(0, of: c), sharing: isShared)
    } else if isShared {
      GEMM.multiply(a, b, into: c, precision)
    } else {
      GEMM.serial(a, b, into: c, precision)
    }
  }
}
