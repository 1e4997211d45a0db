import CKernels

/// One block of a `BlockedProduct`: some lines of the staying factor, and all of the streaming one,
/// in one range of depths.
struct ProductBlock {
  /// Lines that are packed at once, about: whole cache lines of neighbours.
  private static let groupLines = 64
  /// Enough that the last pieces keep all members busy.
  private static let piecesPerMember = 16

  private let product: BlockedProduct
  private let lines: Range<Int>
  private let depths: Range<Int>
  private let staying: UnsafeMutablePointer<Float>
  private let sharesWork: Bool

  init(_ product: BlockedProduct, _ lines: Range<Int>, _ depths: Range<Int>, sharing: Bool) {
    (self.product, self.lines, self.depths, sharesWork) = (product, lines, depths, sharing)
    let streamed = Self.memory(product.streaming, Self.group(of: product.streaming), depths)
    let all = streamed + Self.memory(product.staying, lines.count, depths)
    staying = ProductMemory.own(all) + streamed
  }

  func run() {
    let streaming = product.streaming
    packStaying()
    let groups = Self.groups(0..<streaming.lines, of: streaming)
    let panels = product.staying.panels(lines)
    let parts = sharesWork
      ? min(panels, max(1, Self.piecesPerMember * Threads.count / groups)) : 1
    share(groups * parts) { tasks in
      let streamed = ProductMemory.own(Self.memory(streaming, Self.group(of: streaming), depths))
      var present = -1
      var ahead = memory_ahead()
      for task in tasks {
        let group = Self.lines(of: task / parts, streaming)
        if task / parts != present {
          present = task / parts
          pack(streaming, group, into: streamed)
          let next = Self.lines(of: present + 1, streaming)
          ahead = next.isEmpty || streaming.isReadInPlace
            ? memory_ahead() : streaming.ahead(next, depths)
        }
        let part = task % parts
        multiply(
          group, streamed, panels: panels * part / parts..<panels * (part + 1) / parts, &ahead)
      }
    }
  }

  private func packStaying() {
    let factor = product.staying
    guard !factor.isReadInPlace || factor.lastPanelIsPacked else { return }
    share(Self.groups(lines, of: factor)) { tasks in
      for task in tasks {
        let group = Self.lines(of: task, factor, in: lines)
        let offset = (group.lowerBound - lines.lowerBound) * factor.length(depths)
        pack(factor, group, into: staying + offset)
      }
    }
  }

  private func pack(
    _ factor: Factor, _ group: Range<Int>, into out: UnsafeMutablePointer<Float>
  ) {
    guard factor.isReadInPlace else { return factor.pack(group, depths, into: out) }
    guard factor.lastPanelIsPacked, group.upperBound == factor.lines else { return }
    let last = (factor.lines - group.lowerBound) / factor.width * factor.width
    factor.pack(
      group.lowerBound + last..<group.upperBound, depths, into: out + last * factor.length(depths))
  }

  /// Multiplies a group of streamed lines by some panels of the staying factor.
  private func multiply(
    _ group: Range<Int>, _ streamed: UnsafePointer<Float>, panels: Range<Int>,
    _ ahead: inout memory_ahead
  ) {
    let (a, b) = (product.streaming, product.staying)
    for first in stride(from: group.lowerBound, to: group.upperBound, by: a.width) {
      let streamed = a.panel(at: first, of: group, depths, packed: streamed)
      let streamedLines = first..<min(first + a.width, group.upperBound)
      for panel in panels {
        let first = lines.lowerBound + panel * b.width
        let stayed = b.panel(at: first, of: lines, depths, packed: staying)
        let stayedLines = first..<min(first + b.width, lines.upperBound)
        if a.isLeft {
          tile(streamedLines, stayedLines, streamed, stayed, &ahead)
        } else {
          tile(stayedLines, streamedLines, stayed, streamed, &ahead)
        }
      }
    }
  }

  private typealias Panel = (start: UnsafePointer<Float>, step: Int)

  private func tile(
    _ rows: Range<Int>, _ columns: Range<Int>, _ left: Panel, _ right: Panel,
    _ ahead: inout memory_ahead
  ) {
    let isFirst = depths.lowerBound == 0
    let out = product.out.pointer + rows.lowerBound * product.out.stride + columns.lowerBound
    let addend = product.addend
    let before = addend.matrix.map {
      UnsafePointer($0.pointer + rows.lowerBound * $0.stride + columns.lowerBound)
    }
    var tile = product_tile(
      left: left.start, right: right.start, left_step: left.step, right_step: right.step,
      rows: rows.count, columns: columns.count, depth: product.staying.length(depths),
      before: isFirst ? before : UnsafePointer(out),
      before_line: isFirst ? addend.matrix?.stride ?? 0 : product.out.stride,
      keep: isFirst ? addend.keep : 1,
      bias: isFirst ? addend.bias.map { $0 + columns.lowerBound } : nil, out: out,
      out_line: product.out.stride)
    product.kernel.tile(&tile, &ahead)
  }

  private func share(_ n: Int, _ body: (Tasks) -> Void) {
    if sharesWork {
      Threads.share(n) { _, tasks in Profile.productTime { body(tasks) } }
    } else {
      Profile.productTime { body(Tasks(count: n)) }
    }
  }

  /// Lines that are packed together.
  private static func group(of factor: Factor) -> Int {
    max(1, groupLines / factor.width) * factor.width
  }

  private static func groups(_ lines: Range<Int>, of factor: Factor) -> Int {
    (lines.count + group(of: factor) - 1) / group(of: factor)
  }

  private static func lines(
    of index: Int, _ factor: Factor, in lines: Range<Int>? = nil
  ) -> Range<Int> {
    let lines = lines ?? 0..<factor.lines
    let first = min(lines.lowerBound + index * group(of: factor), lines.upperBound)
    return first..<min(first + group(of: factor), lines.upperBound)
  }

  /// Numbers that the panels of so many lines take, in whole cache lines.
  private static func memory(_ factor: Factor, _ lines: Int, _ depths: Range<Int>) -> Int {
    (factor.panels(0..<lines) * factor.width * factor.length(depths) + 15) / 16 * 16
  }
}
