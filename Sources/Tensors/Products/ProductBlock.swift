import CKernels

/// One block of a `BlockedProduct`: some lines of the staying factor, and all of the streaming one,
/// in one range of depths.
struct ProductBlock {
  /// Enough that the last pieces keep all members busy.
  private static let piecesPerMember = 16

  private let product: BlockedProduct
  private let lines: Range<Int>
  private let depths: Range<Int>
  /// Numbers of a member's streamed group.
  private let streamed: Int
  private let staying: UnsafeMutablePointer<Float>
  private let sharesWork: Bool

  init(_ product: BlockedProduct, _ lines: Range<Int>, _ depths: Range<Int>, sharing: Bool) {
    (self.product, self.lines, self.depths, sharesWork) = (product, lines, depths, sharing)
    let streaming = product.streaming
    streamed = streaming.memory(lines: streaming.groupSize, depths)
    let all = streamed + product.staying.memory(lines: lines.count, depths)
    staying = ProductMemory.own(all) + streamed
  }

  func run() {
    let streaming = product.streaming, all = 0..<streaming.lines
    packStaying()
    let groups = streaming.groups(all)
    let panels = product.staying.panels(lines)
    let parts = sharesWork
      ? min(panels, max(1, Self.piecesPerMember * Threads.count / groups)) : 1
    share(groups * parts) { tasks in
      let own = ProductMemory.own(streamed)
      var present = -1
      var ahead = memory_ahead()
      for task in tasks {
        let group = streaming.group(task / parts, of: all)
        if task / parts != present {
          present = task / parts
          streaming.pack(group, depths, into: own)
          ahead = streaming.ahead(streaming.group(present + 1, of: all), depths)
        }
        let part = task % parts
        multiply(
          group, own, panels: panels * part / parts..<panels * (part + 1) / parts, &ahead)
      }
    }
  }

  private func packStaying() {
    let factor = product.staying
    guard factor.isPacked else { return }
    share(factor.groups(lines)) { tasks in
      for task in tasks {
        let group = factor.group(task, of: lines)
        let offset = (group.lowerBound - lines.lowerBound) * factor.length(depths)
        factor.pack(group, depths, into: staying + offset)
      }
    }
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
}
