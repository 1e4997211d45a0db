import Synchronization

extension GEMM {
  /// The shape of a product that was computed.
  package struct Product: Sendable, Hashable {
    package let rows: Int
    package let depth: Int
    package let columns: Int
    package let isLeftTransposed: Bool
    package let isRightTransposed: Bool
    /// Whether the team's threads computed it together.
    package let isShared: Bool
    package let precision: Precision

    init(_ a: Matrix, _ b: Matrix, _ c: Matrix, isShared: Bool, _ precision: Precision) {
      (rows, depth, columns) = (c.rows, a.columns, c.columns)
      (isLeftTransposed, isRightTransposed) = (a.isTransposed, b.isTransposed)
      self.isShared = isShared
      self.precision = precision
    }

    /// Floating-point operations, a multiply-add counted as two.
    package var operations: Double { 2 * Double(rows) * Double(depth) * Double(columns) }
  }

  /// Every product that is computed while `body` runs; benchmarks then compute them alone.
  package static func recording(_ body: () throws -> Void) rethrows -> [Product] {
    recorded.withLock { $0 = [] }
    recordingSwitch.store(true, ordering: .relaxed)
    defer { recordingSwitch.store(false, ordering: .relaxed) }
    try body()
    return recorded.withLock { $0 }
  }

  static var isRecording: Bool { recordingSwitch.load(ordering: .relaxed) }

  static func record(_ product: Product) { recorded.withLock { $0.append(product) } }

  private static let recordingSwitch = Atomic(false)
  private static let recorded = Mutex<[Product]>([])
}
