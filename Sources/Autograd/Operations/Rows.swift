import Tensors

/// Splits a matrix by rows into several.
/// - Parameters:
///   - x: `[rows, width]`.
///   - parts: for each result the rows that belong to it; a row belongs to at most one result.
/// - Returns: a variable for each part, `[its rows, width]`.
public func split(_ x: Variable, into parts: [[Range<Int>]]) -> [Variable] {
  let width = x.width
  let results = Profile.measure("split", bytes: 2 * x.value.bytes) {
    parts.map { ranges in
      let part = Tensor([ranges.reduce(0) { $0 + $1.count }, width])
      var row = 0
      for rows in ranges {
        part.rows(row..<row + rows.count).pointer.update(
          from: x.value.rows(rows).pointer, count: rows.count * width)
        row += rows.count
      }
      return x.isConstant ? Variable(constant: part, on: x.tape) : Variable(part, on: x.tape)
    }
  }
  guard !x.isConstant else { return results }
  x.tape?.record {
    Profile.measure("split, backward", bytes: 2 * x.value.bytes) {
      let dx = Tensor.zeros([x.rows, width])
      for (ranges, result) in zip(parts, results) {
        guard let gradient = result.takeGradient() else { continue }
        var row = 0
        for rows in ranges {
          dx.rows(rows).pointer.update(
            from: gradient.rows(row..<row + rows.count).pointer, count: rows.count * width)
          row += rows.count
        }
      }
      x.add(dx)
    }
  }
  return results
}

/// Ranges of rows one after another; a row may be in several ranges.
/// - Parameter x: `[rows, width]`.
/// - Returns: `[sum of the ranges' lengths, width]`.
public func selected(_ x: Variable, _ ranges: [Range<Int>]) -> Variable {
  let width = x.width
  func forEachRange(_ body: (_ source: Range<Int>, _ place: Range<Int>) -> Void) {
    var row = 0
    for range in ranges {
      body(range, row..<row + range.count)
      row += range.count
    }
  }
  return operation("select rows", of: [x], on: x.tape) {
    let output = Tensor([ranges.reduce(0) { $0 + $1.count }, width])
    forEachRange { source, place in
      output.rows(place).pointer.update(
        from: x.value.rows(source).pointer, count: source.count * width)
    }
    return output
  } backward: { gradient in
    x.accumulate { dx, keep in
      if keep == 0 { dx.fill(0) }
      forEachRange { source, place in
        kernels.accumulate(
          gradient.rows(place).pointer, dx.rows(source).pointer, source.count * width)
      }
    }
  }
}

/// Puts `row`, a class token, before the first row of every segment.
/// - Parameters:
///   - x: `[segments.rows, width]`.
///   - row: `[width]`.
/// - Returns: `[segments.rows + segments.count, width]`.
public func prepend(_ row: Parameter, to x: Variable, _ segments: Segments) -> Variable {
  let width = x.width, longer = segments.extended(by: 1)
  return operation("prepend", of: [x], parameters: [row], on: x.tape) {
    let output = Tensor([longer.rows, width])
    for segment in 0..<segments.count {
      let rows = longer[segment]
      output.rows(rows).pointer.update(from: row.value.pointer, count: width)
      output.rows(rows.dropFirst()).pointer.update(
        from: x.value.rows(segments[segment]).pointer, count: segments[segment].count * width)
    }
    return output
  } backward: { gradient in
    let dx = Tensor([x.rows, width])
    for segment in 0..<segments.count {
      let rows = longer[segment]
      if row.isTrained {
        kernels.accumulate(gradient.rows(rows).pointer, row.gradient.pointer, width)
      }
      dx.rows(segments[segment]).pointer.update(
        from: gradient.rows(rows.dropFirst()).pointer, count: segments[segment].count * width)
    }
    x.add(dx)
  }
}

/// `x` repeated `times` times, below each other: the same queries for every sample of a batch.
/// - Parameter x: `[rows, width]`.
/// - Returns: `[times · rows, width]`.
public func repeated(_ x: Variable, times: Int) -> Variable {
  operation("repeat", of: [x], on: x.tape) {
    let output = Tensor([times * x.rows, x.width])
    let size = x.value.count
    for copy in 0..<times {
      (output.pointer + copy * size).update(from: x.value.pointer, count: size)
    }
    return output
  } backward: { gradient in
    let sum = Tensor.zeros(x.value.shape)
    addCopies(of: gradient, to: sum)
    x.add(sum)
  }
}

/// Adds learned positions to every image's tokens.
/// - Parameters:
///   - x: `[images · tokens, width]`.
///   - positions: `[tokens, width]`.
public func addPositions(_ x: Variable, _ positions: Parameter) -> Variable {
  let size = positions.count
  return operation("positions", of: [x], parameters: [positions], on: x.tape) {
    let output = Tensor(x.value.shape)
    Threads.split(x.value.count / size, grain: 1) { range in
      for copy in range {
        kernels.add(
          x.value.pointer + copy * size, positions.value.pointer, output.pointer + copy * size,
          size)
      }
    }
    return output
  } backward: { gradient in
    if positions.isTrained { addCopies(of: gradient, to: positions.gradient) }
    x.add(gradient)
  }
}

/// Adds the consecutive blocks of `copies`, each as long as `sum`, to `sum`, in order.
private func addCopies(of copies: Tensor, to sum: Tensor) {
  let size = sum.count
  Threads.split(size, grain: 1024) { range in
    for start in stride(from: 0, to: copies.count, by: size) {
      kernels.accumulate(
        copies.pointer + start + range.lowerBound, sum.pointer + range.lowerBound, range.count)
    }
  }
}
