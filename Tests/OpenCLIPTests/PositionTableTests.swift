import Checkpoints
import CoCaModel
import JSON
import OpenCLIP
import TestSupport
import Tensors
import Testing

@Suite("Positions of another size")
struct PositionTableTests {
  private func floats(_ value: JSONValue?) -> [Float] {
    (value?.array ?? []).flatMap { row -> [Float] in
      if case .number(let number) = row { return [Float(number)] }
      return row.integer.map { [Float($0)] } ?? floats(row)
    }
  }

  private func shape(
    _ layout: ModelConfiguration.Layout, height: Int, width: Int, context: Int = 11
  ) throws -> ModelConfiguration {
    var shape = try Fixture.models()[0]
    shape.layout = layout
    (shape.image.patch, shape.image.width, shape.text.width) = (2, 2, 2)
    shape.image.size = .init(height: 2 * height, width: 2 * width)
    shape.text.context = context
    return shape
  }

  @Test("grids and lines are what open_clip makes of them")
  func openCLIP() throws {
    let truth = try Fixture.json("positions.json")
    let grid = Tensor(floats(truth["grid"]), shape: [17, 2])
    for item in truth["grids"]?.array ?? [] {
      let size = (item["size"]?.array ?? []).compactMap(\.integer)
      let table = PositionTable.image(of: try shape(.openclip, height: size[0], width: size[1]))
      let expected = Tensor(floats(item["values"]), shape: table.shape)
      #expect(table.resizes(grid.shape))
      expectClose(table.resized(grid), expected, relative: 1e-7, "grid \(size)")
    }
    let line = Tensor(floats(truth["line"]), shape: [12, 2])
    for item in truth["lines"]?.array ?? [] {
      let rows = try #require(item["rows"]?.integer)
      let table = PositionTable.text(
        of: try shape(.openclip, height: 1, width: 1, context: rows - 1))
      let expected = Tensor(floats(item["values"]), shape: [rows, 2])
      expectClose(table.resized(line), expected, relative: 1e-7, "line \(rows)")
    }
  }

  @Test("without a class token the grid is the same, and a known grid need be no square")
  func paper() throws {
    let square = try PositionTable.image(of: shape(.paper, height: 5, width: 3))
    let withToken = try PositionTable.image(of: shape(.openclip, height: 5, width: 3))
    let grid = Tensor((0..<34).map { Float(($0 * 7) % 11) }, shape: [17, 2])
    let found = square.resized(grid.rows(1..<17))
    #expect(found.values == Array(withToken.resized(grid).values.dropFirst(2)))
    let oblong = try PositionTable.image(
      of: shape(.paper, height: 4, width: 2), from: shape(.paper, height: 2, width: 4))
    #expect(!oblong.resizes([8, 2]))
    let wider = try PositionTable.image(
      of: shape(.paper, height: 2, width: 8), from: shape(.paper, height: 2, width: 4))
    #expect(wider.resizes([8, 2]) && !wider.resizes([16, 2]) && !wider.resizes([9, 2]))
    // What does not change along an axis stays what it is.
    let rows = Tensor((0..<8).map { Float($0 / 4) }.flatMap { [$0, $0] }, shape: [8, 2])
    expectClose(
      wider.resized(rows), Tensor((0..<32).map { Float($0 / 16) }, shape: [16, 2]),
      relative: 1e-7, "rows")
  }

  @Test("only tables of the same width and, without more knowledge, square grids are resized")
  func refusals() throws {
    let image = try PositionTable.image(of: shape(.openclip, height: 3, width: 3))
    let expected: [([Int], Bool)] = [
      ([10, 2], false), ([17, 2], true), ([2, 2], true), ([1, 2], false), ([0, 2], false),
      ([13, 2], false), ([17, 3], false), ([17], false), ([17, 2, 1], false),
    ]
    for (shape, resizes) in expected { #expect(image.resizes(shape) == resizes, "\(shape)") }
    let text = try PositionTable.text(of: shape(.openclip, height: 3, width: 3))
    #expect(text.resizes([13, 2]) && !text.resizes([12, 2]) && !text.resizes([0, 2]))
  }
}
