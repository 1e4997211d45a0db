import Tensors

/// Products that a computation made, made again alone. Those of the whole team find operands that
/// are not in cache, those of one thread a small place of its own, as scores and their like do.
final class Replay: @unchecked Sendable {  // each thread moves in its own share of the memory
  private let products: [GEMM.Product]
  private let memory = Tensor.zeros([1 << 28])
  /// Where each thread's next operand lies.
  private var next: [Int]
  private let share: Int

  init(_ products: [GEMM.Product]) {
    self.products = products
    share = 1 << 19
    next = [Int](repeating: 0, count: Threads.count)
    for index in stride(from: 0, to: memory.count, by: 3) { memory.pointer[index] = 0.5 }
  }

  func run() {
    var index = 0
    while index < products.count {
      guard !products[index].isShared else {
        multiply(products[index])
        index += 1
        continue
      }
      let end = products[index...].firstIndex { $0.isShared } ?? products.count
      let first = index
      Threads.tasks(end - first) { task, member in multiply(products[first + task], by: member) }
      index = end
    }
  }

  private func multiply(_ product: GEMM.Product, by member: Int? = nil) {
    let a = matrix(product.rows, product.depth, product.isLeftTransposed, member)
    let b = matrix(product.depth, product.columns, product.isRightTransposed, member)
    let c = matrix(product.rows, product.columns, false, member)
    if member == nil {
      GEMM.multiply(a, b, into: c, product.precision)
    } else {
      GEMM.serial(a, b, into: c, product.precision)
    }
  }

  private func matrix(_ rows: Int, _ columns: Int, _ isTransposed: Bool, _ member: Int?) -> Matrix {
    let size = rows * columns, owner = member ?? 0
    let room = member == nil ? memory.count : share
    if next[owner] + size > room { next[owner] = 0 }
    defer { next[owner] += size }
    return Matrix(
      memory.pointer + owner * share + next[owner], rows: rows, columns: columns,
      isTransposed: isTransposed)
  }
}
