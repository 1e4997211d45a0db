import CKernels

/// A product of matrices in blocks that fit the processor's caches.
///
/// The factor with fewer lines (rows of the left one, columns of the right one) stays: a block of it
/// is packed into the second cache level, by all members of the team together. The other factor
/// streams past it, some lines at a time, which a member packs for itself while its next lines are
/// on their way from memory.
///
/// Every number of the result is one chain of multiply-adds for each block of depth, and the
/// blocks, which depend on the depth alone, are added from first to last. So the bits depend neither
/// on the instruction set nor on the number of threads.
/// - Source: Goto, van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.
package struct BlockedProduct {
  /// Numbers that a block's panel holds of a line at most: as many as keep it in the first cache
  /// level.
  package static let depthBlock = 512
  let kernel: product_kernel
  let staying: Factor
  let streaming: Factor
  let depth: Int
  let out: Matrix
  let addend: Addend

  package init(
    _ kernel: product_kernel, _ a: Matrix, _ b: Matrix, into c: Matrix, _ addend: Addend
  ) {
    let left = Factor(rowsOf: a, kernel, uses: b.columns)
    let right = Factor(columnsOf: b, kernel, uses: a.rows)
    (staying, streaming) = left.lines < right.lines ? (left, right) : (right, left)
    (self.kernel, depth, out, self.addend) = (kernel, a.columns, c, addend)
  }

  /// Multiplies on the calling thread, or shares the work among the team's.
  package func run(sharing: Bool) {
    let depths = Self.blocks(
      of: depth, atMost: Self.depthBlock * kernel.depths, multiplesOf: 16 * kernel.depths)
    let most = ProductMemory.staying / max(staying.length(depths[0]), 1)
    for lines in Self.blocks(of: staying.lines, atMost: most, multiplesOf: staying.width) {
      for depths in depths {
        ProductBlock(self, lines, depths, sharing: sharing).run()
      }
    }
  }

  /// `0 ..< n` in ranges of almost equal length.
  private static func blocks(of n: Int, atMost most: Int, multiplesOf unit: Int) -> [Range<Int>] {
    let count = max(1, (n + most - 1) / most)
    let length = ((n + count - 1) / count + unit - 1) / unit * unit
    guard length > 0 else { return [0..<0] }
    return stride(from: 0, to: n, by: length).map { $0..<min($0 + length, n) }
  }
}
