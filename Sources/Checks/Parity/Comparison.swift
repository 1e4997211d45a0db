import Foundation
import Tensors

/// A tensor of this program compared with the truth; distances are divided by the truth's norm.
///
/// The truth is the reference's result in float64. This program may be sixteen times as far from it
/// as the reference's own float32 is, and always 2e-6: that accepts other correct orders of
/// summation and refuses a wrong epsilon, another GELU or a wrong decay rule.
public struct Comparison: Sendable, CustomStringConvertible {
  public static let factor = 16.0
  public static let floor = 2e-6

  public let name: String
  /// ‖ours − truth‖ / ‖truth‖.
  public let error: Double
  /// The same for the reference's own float32.
  public let own: Double
  public let allowed: Double

  /// False where the error is not a number.
  public var passes: Bool { error <= allowed }

  public var description: String {
    let numbers = [error, own, allowed].map { String(format: "%8.1e", $0) }
    return numbers.joined(separator: " ") + (passes ? "  " : " !") + " " + name
  }

  /// - Parameters:
  ///   - scale: the divisor of the distance, where it is not the truth's norm.
  ///   - distance: a distance from the truth that is always allowed, before the division.
  public init(
    _ name: String, _ found: Tensor, _ truth: Tensor, own: Double, scale: Double? = nil,
    distance: Double = 0
  ) {
    let scale = scale ?? truth.norm
    self.name = name
    self.own = own
    error = Self.ratio(found.shape == truth.shape ? found.distance(to: truth) : .nan, scale)
    allowed = max(Self.floor, Self.factor * own, Self.ratio(distance, scale))
  }

  /// Nothing is no error, also of a truth that is zero.
  private static func ratio(_ distance: Double, _ scale: Double) -> Double {
    distance == 0 ? 0 : distance / scale
  }
}

extension Tensor {
  var norm: Double {
    buffer.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  func distance(to other: Tensor) -> Double {
    var sum = 0.0
    for (a, b) in zip(buffer, other.buffer) {
      let difference = Double(a) - Double(b)
      sum += difference * difference
    }
    return sum.squareRoot()
  }
}
