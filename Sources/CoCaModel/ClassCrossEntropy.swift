import Foundation
import Tensors

/// The summed cross-entropy of class logits, with its gradient.
///
/// `softmax`: the targets are spread evenly over an image's classes. `sigmoid`: the sum over all
/// classes of the binary cross-entropies.
struct ClassCrossEntropy {
  /// In nats, over all images.
  let sum: Double
  /// With respect to the logits.
  let gradient: Tensor
  /// How many images have one of their classes as the likeliest.
  let hits: Int

  /// - Parameters:
  ///   - logits: `[images, classes]`.
  ///   - classes: those of each image; each at least one.
  init(_ logits: Tensor, _ classes: [[Int]], _ loss: ImageClasses.Loss) {
    precondition(classes.count == logits.rows, "classes for every image")
    let gradient = Tensor(logits.shape)
    var nats = [Double](repeating: 0, count: logits.rows)
    nats.withUnsafeMutableBufferPointer { nats in
      // Each element is written by one thread.
      nonisolated(unsafe) let nats = nats
      Threads.split(logits.rows, grain: 1) { rows in
        for row in rows {
          let line = logits.rows(row..<row + 1).buffer, slope = gradient.rows(row..<row + 1).buffer
          switch loss {
          case .softmax: nats[row] = Self.softmax(line, classes[row], slope)
          case .sigmoid: nats[row] = Self.sigmoid(line, classes[row], slope)
          }
        }
      }
    }
    self.gradient = gradient
    sum = nats.reduce(0, +)
    hits = classes.indices.count { row in
      let line = logits.rows(row..<row + 1).buffer
      return line.indices.max { line[$0] < line[$1] }.map(classes[row].contains) ?? false
    }
  }

  private typealias Line = UnsafeMutableBufferPointer<Float>

  private static func softmax(_ logits: Line, _ classes: [Int], _ gradient: Line) -> Double {
    let largest = Double(logits.max() ?? 0)
    let total = logits.reduce(0.0) { $0 + exp(Double($1) - largest) }
    for index in logits.indices {
      gradient[index] = Float(exp(Double(logits[index]) - largest) / total)
    }
    let share = 1 / Double(classes.count)
    return classes.reduce(log(total) + largest) { sum, index in
      gradient[index] -= Float(share)
      return sum - share * Double(logits[index])
    }
  }

  private static func sigmoid(_ logits: Line, _ classes: [Int], _ gradient: Line) -> Double {
    var sum = 0.0
    for index in logits.indices {
      let logit = Double(logits[index])
      sum += max(logit, 0) + log1p(exp(-abs(logit)))
      gradient[index] = Float(1 / (1 + exp(-logit)))
    }
    return classes.reduce(sum) { sum, index in
      gradient[index] -= 1
      return sum - Double(logits[index])
    }
  }
}
