import Foundation
import Tensors

extension CropBox {
  /// An index of random draws beyond those that a box uses.
  static let draws: UInt64 = 40

  /// A random part of `picture`: its share of the area is within `area`, and its sides are from 3:4
  /// to 4:3, uniform in the logarithm. After ten draws that do not fit, it is the largest centred
  /// part with such sides.
  ///
  /// Source: torchvision's `RandomResizedCrop`, with draws that depend on `random` alone.
  package init(within picture: Picture, area: ClosedRange<Double>, random: CounterRandom) {
    let (width, height) = (picture.width, picture.height)
    let limit = log(4.0 / 3.0)
    for attempt in 0..<(Self.draws / 4) {
      let draw = attempt * 4
      let share = area.lowerBound + (area.upperBound - area.lowerBound) * random.uniform(draw)
      let pixels = Double(width * height) * share
      let proportion = exp(limit * (2 * random.uniform(draw + 1) - 1))
      let columns = Int((pixels * proportion).squareRoot().rounded(.toNearestOrEven))
      let rows = Int((pixels / proportion).squareRoot().rounded(.toNearestOrEven))
      guard (1...width).contains(columns), (1...height).contains(rows) else { continue }
      self.init(
        x: random.below(width - columns + 1, at: draw + 2),
        y: random.below(height - rows + 1, at: draw + 3), width: columns, height: rows)
      return
    }
    self.init(centredWithin: picture)
  }

  private init(centredWithin picture: Picture) {
    var (width, height) = (picture.width, picture.height)
    if width * 4 < height * 3 {
      height = Int((Double(width) * 4 / 3).rounded(.toNearestOrEven))
    } else if width * 3 > height * 4 {
      width = Int((Double(height) * 4 / 3).rounded(.toNearestOrEven))
    }
    self.init(
      x: (picture.width - width) / 2, y: (picture.height - height) / 2, width: width,
      height: height)
  }
}
