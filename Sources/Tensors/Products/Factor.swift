import CKernels

/// Rows of the left factor or columns of the right one, in panels as wide as a tile.
struct Factor {
  /// Lines that are packed together, about: whole cache lines of neighbours.
  private static let groupLines = 64

  let start: UnsafePointer<Float>
  /// From one line to the next, and from one depth to the next.
  let line: Int
  let step: Int
  let lines: Int
  let isLeft: Bool
  /// Lines of a panel.
  let width: Int
  /// Whether tiles read it where it is: lines that are neighbours and that few tiles read.
  let isReadInPlace: Bool
  private let depths: Int
  /// A panel's depths are a multiple of this.
  private let stepDepths: Int
  private let packer: @convention(c) (factor_lines, UnsafeMutablePointer<Float>) -> Void

  init(rowsOf a: Matrix, _ kernel: product_kernel, uses: Int) {
    self.init(
      kernel, a, a.step.row, a.step.column, a.rows, isLeft: true, kernel.rows, kernel.pack_rows,
      tiles: uses / kernel.columns)
  }

  init(columnsOf b: Matrix, _ kernel: product_kernel, uses: Int) {
    self.init(
      kernel, b, b.step.column, b.step.row, b.columns, isLeft: false, kernel.columns,
      kernel.pack_columns, tiles: uses / kernel.rows)
  }

  private init(
    _ kernel: product_kernel, _ matrix: Matrix, _ line: Int, _ step: Int,
    _ lines: Int, isLeft: Bool, _ width: Int,
    _ packer: @escaping @convention(c) (factor_lines, UnsafeMutablePointer<Float>) -> Void,
    tiles: Int
  ) {
    start = UnsafePointer(matrix.pointer)
    (self.line, self.step, self.lines, self.isLeft) = (line, step, lines, isLeft)
    (self.width, self.packer) = (width, packer)
    isReadInPlace = line == 1 && tiles <= 4 && kernel.reads_in_place != 0
    (self.depths, stepDepths) = (kernel.depths, kernel.step)
  }

  func panels(_ lines: Range<Int>) -> Int { (lines.count + width - 1) / width }

  /// Numbers that a panel holds of each line.
  func length(_ depths: Range<Int>) -> Int {
    (depths.count + stepDepths - 1) / stepDepths * (stepDepths / self.depths)
  }

  /// Lines that are packed together.
  var groupSize: Int { max(1, Self.groupLines / width) * width }

  func groups(_ lines: Range<Int>) -> Int { (lines.count + groupSize - 1) / groupSize }

  /// Group `index` of `lines`; empty past the last one.
  func group(_ index: Int, of lines: Range<Int>) -> Range<Int> {
    let first = min(lines.lowerBound + index * groupSize, lines.upperBound)
    return first..<min(first + groupSize, lines.upperBound)
  }

  /// Numbers that the panels of so many lines take, in whole cache lines.
  func memory(lines: Int, _ depths: Range<Int>) -> Int {
    (panels(0..<lines) * width * length(depths) + 15) / 16 * 16
  }

  /// Whether tiles read any panel that is packed.
  var isPacked: Bool { !isReadInPlace || lastPanelIsPacked }

  /// Packs a group's panels that tiles do not read in place.
  func pack(_ group: Range<Int>, _ depths: Range<Int>, into out: UnsafeMutablePointer<Float>) {
    guard isReadInPlace else { return packer(part(group, depths), out) }
    guard lastPanelIsPacked, group.upperBound == lines else { return }
    let last = group.count / width * width
    packer(
      part(group.lowerBound + last..<group.upperBound, depths), out + last * length(depths))
  }

  private func part(_ lines: Range<Int>, _ depths: Range<Int>) -> factor_lines {
    factor_lines(
      start: start + lines.lowerBound * line + depths.lowerBound * step, line: line, step: step,
      lines: lines.count, depth: depths.count)
  }

  /// The cache lines of a group, to be requested before it is packed.
  func ahead(_ lines: Range<Int>, _ depths: Range<Int>) -> memory_ahead {
    guard !lines.isEmpty, !isReadInPlace else { return memory_ahead() }
    let part = part(lines, depths)
    let isAlongDepth = step == 1
    let length = isAlongDepth ? part.depth : part.lines
    let parts = isAlongDepth ? part.lines : part.depth
    return memory_ahead(
      next: part.start, end: part.start + length, length: length,
      distance: isAlongDepth ? line : step, left: (length + 15) / 16 * parts)
  }

  /// Whether the last panel is packed even if the others are read in place: a tile reads whole
  /// vectors of the right factor's lines, and this panel has fewer.
  var lastPanelIsPacked: Bool { !isLeft && lines % width != 0 }

  /// Where a tile reads the panel that begins at line `first`: at `packed`, which holds `lines`, or
  /// in place.
  func panel(
    at first: Int, of lines: Range<Int>, _ depths: Range<Int>, packed: UnsafePointer<Float>
  ) -> (start: UnsafePointer<Float>, step: Int) {
    guard isReadInPlace, !lastPanelIsPacked || self.lines - first >= width else {
      return (packed + (first - lines.lowerBound) * length(depths), width)
    }
    return (start + first * line + depths.lowerBound * step, step)
  }
}
