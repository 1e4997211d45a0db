import Foundation
import Tensors
import Testing

/// Expects two tensors to agree to a fraction of the larger one's norm.
public func expectClose(
  _ found: Tensor, _ expected: Tensor, relative: Double, _ name: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.shape == expected.shape, "\(name)", sourceLocation: sourceLocation)
  guard found.count == expected.count else { return }
  var difference = 0.0, size = 0.0
  for index in 0..<found.count {
    let (a, b) = (Double(found.pointer[index]), Double(expected.pointer[index]))
    difference += (a - b) * (a - b)
    size += b * b
  }
  let error = difference.squareRoot(), bound = relative * size.squareRoot() + 1e-12
  #expect(
    error <= bound, "\(name): off by \(error), allowed \(bound)", sourceLocation: sourceLocation)
}
