import Tensors

/// Parts the last row of every segment from the rows before it.
/// - Parameters:
///   - x: `[segments.rows, width]`.
///   - dropped: rows between the two parts that nobody wants; a segment has at least 1 + `dropped`.
/// - Returns: `[segments.rows - segments.count · (1 + dropped), width]` and
///   `[segments.count, width]`.
public func splitLast(
  _ x: Variable, _ segments: Segments, dropping dropped: Int = 0
) -> (body: Variable, last: Variable) {
  let width = x.width, short = segments.extended(by: -1 - dropped)
  let body = Tensor([short.rows, width]), last = Tensor([segments.count, width])
  for segment in 0..<segments.count {
    let rows = segments[segment], kept = short[segment]
    body.rows(kept).pointer.update(
      from: x.value.pointer + rows.lowerBound * width, count: kept.count * width)
    last.rows(segment..<segment + 1).pointer.update(
      from: x.value.pointer + (rows.upperBound - 1) * width, count: width)
  }

  let bodyResult = Variable(body, on: x.tape), lastResult = Variable(last, on: x.tape)
  x.tape?.record {
    let dBody = bodyResult.takeGradient(), dLast = lastResult.takeGradient()
    let dx = Tensor.zeros([segments.rows, width])
    for segment in 0..<segments.count {
      let rows = segments[segment], kept = short[segment]
      if let dBody {
        (dx.pointer + rows.lowerBound * width).update(
          from: dBody.rows(kept).pointer, count: kept.count * width)
      }
      if let dLast {
        (dx.pointer + (rows.upperBound - 1) * width).update(
          from: dLast.rows(segment..<segment + 1).pointer, count: width)
      }
    }
    x.add(dx)
  }
  return (bodyResult, lastResult)
}

/// `x` under itself `times` times: the same queries for every sample of a batch.
/// - Parameter x: `[rows, width]`.
/// - Returns: `[times · rows, width]`.
public func repeated(_ x: Variable, times: Int) -> Variable {
  let output = Tensor([times * x.rows, x.width])
  let size = x.value.count
  for copy in 0..<times {
    (output.pointer + copy * size).update(from: x.value.pointer, count: size)
  }

  let result = Variable(output, on: x.tape)
  x.tape?.record {
    guard let gradient = result.takeGradient() else { return }
    let sum = Tensor.zeros(x.value.shape)
    addCopies(of: gradient, to: sum)
    x.add(sum)
  }
  return result
}

/// Adds learned positions to every image's patches.
/// - Parameters:
///   - x: `[images · patches, width]`.
///   - positions: `[patches, width]`.
public func addPositions(_ x: Variable, _ positions: Parameter) -> Variable {
  let size = positions.count
  let output = Tensor(x.value.shape)
  Threads.split(x.value.count / size, grain: 1) { range in
    for copy in range {
      kernels.add(
        x.value.pointer + copy * size, positions.value.pointer, output.pointer + copy * size, size)
    }
  }

  let result = Variable(output, on: x.tape)
  x.tape?.record {
    guard let gradient = result.takeGradient() else { return }
    addCopies(of: gradient, to: positions.gradient)
    x.add(gradient)
  }
  return result
}

/// `sum += ` every consecutive block of `copies` that is as long as `sum`, in order.
private func addCopies(of copies: Tensor, to sum: Tensor) {
  let size = sum.count
  Threads.split(size, grain: 1024) { range in
    for start in stride(from: 0, to: copies.count, by: size) {
      kernels.accumulate(
        copies.pointer + start + range.lowerBound, sum.pointer + range.lowerBound, range.count)
    }
  }
}
