import Autograd
import Tensors

/// One tensor of open_clip's state dict, and the parameters of this program that hold its numbers.
public struct OpenCLIPTensor: Sendable, Equatable {
  /// The name in the state dict.
  public let name: String
  public let shape: [Int]
  /// The names of the parameters; if there are several, each is an equal share of the rows: query,
  /// key, value.
  public let parameters: [String]
  /// Whether open_clip stores `[in, out]` where this program stores `[out, in]`.
  let isTransposed: Bool

  init(_ name: String, _ shape: [Int], _ parameters: [String], isTransposed: Bool = false) {
    precondition(!isTransposed || (parameters.count == 1 && shape.count == 2))
    self.name = name
    self.shape = shape
    self.parameters = parameters
    self.isTransposed = isTransposed
  }

  public var count: Int { shape.reduce(1, *) }

  /// Makes open_clip's tensor by copying from the parameters.
  /// - Parameter part: a parameter's value, gradient or moment, by the parameter's name.
  public func gather(_ part: (String) -> Tensor) -> Tensor {
    let whole = Tensor(shape)
    for (index, name) in parameters.enumerated() {
      let source = part(name)
      precondition(source.count * parameters.count == count, "\(name) is no part of \(self.name)")
      if isTransposed {
        transpose(source.pointer, rows: shape[1], columns: shape[0], into: whole.pointer)
      } else {
        (whole.pointer + index * source.count).update(from: source.pointer, count: source.count)
      }
    }
    return whole
  }

  /// Copies open_clip's tensor into the parameters.
  /// - Parameter part: as in `gather`; its elements are replaced.
  public func scatter(_ whole: Tensor, into part: (String) -> Tensor) {
    precondition(whole.count == count)
    for (index, name) in parameters.enumerated() {
      let target = part(name)
      precondition(target.count * parameters.count == count, "\(name) is no part of \(self.name)")
      if isTransposed {
        transpose(whole.pointer, rows: shape[0], columns: shape[1], into: target.pointer)
      } else {
        target.pointer.update(from: whole.pointer + index * target.count, count: target.count)
      }
    }
  }

  /// `[rows, columns]` to `[columns, rows]`, in squares that fit the cache.
  private func transpose(
    _ source: UnsafePointer<Float>, rows: Int, columns: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    let side = 32
    for top in stride(from: 0, to: rows, by: side) {
      for left in stride(from: 0, to: columns, by: side) {
        for row in top..<min(top + side, rows) {
          for column in left..<min(left + side, columns) {
            target[column * rows + row] = source[row * columns + column]
          }
        }
      }
    }
  }
}

extension ParameterSet {
  /// A parameter's value or gradient by its name.
  public func lookup(_ pick: @escaping (Parameter) -> Tensor) -> (String) -> Tensor {
    let byName = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
    return { name in
      guard let parameter = byName[name] else { preconditionFailure("no parameter \(name)") }
      return pick(parameter)
    }
  }
}
