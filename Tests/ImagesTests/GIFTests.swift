import Images
import Testing

@Suite("GIF")
struct GIFTests {
  /// A picture of 128 colours, stored row by row.
  private let colors = (0..<128).map { [UInt8($0), UInt8(255 - $0), UInt8($0 * 2)] }
  private let indices = (0..<70).map { UInt8($0 * 5 % 128) }

  private var recipe: GIFRecipe {
    GIFRecipe(canvas: (10, 7), palette: colors, width: 10, indices: indices)
  }

  private var picture: Picture {
    Picture(width: 10, height: 7, pixels: indices.flatMap { colors[Int($0)] })
  }

  @Test("comes with its colours, interlaced or not, its map the file's or the frame's own")
  func colours() throws {
    for isInterlaced in [false, true] {
      for isLocal in [false, true] {
        var recipe = recipe
        (recipe.isInterlaced, recipe.hasLocalMap) = (isInterlaced, isLocal)
        let bytes = recipe.encoded()
        #expect(try ImageDecoder.decode(bytes) == picture)
        #expect(try ImageDecoder.size(bytes) == (10, 7, .gif))
      }
    }
  }

  @Test("an animation gives its first frame, at its place on white")
  func animation() throws {
    var recipe = recipe
    (recipe.canvas, recipe.left, recipe.top) = ((16, 12), 4, 3)
    let expected = Picture.make(16, 12) { x, y in
      (4..<14).contains(x) && (3..<10).contains(y) ? picture.color(x - 4, y - 3) : white
    }
    let bytes = recipe.encoded(frames: 3)
    #expect(try ImageDecoder.decode(bytes) == expected)
    #expect(try ImageDecoder.decode(Array(bytes.prefix(recipe.encoded().count))) == expected)
  }

  @Test("what is transparent is white")
  func transparency() throws {
    var recipe = recipe
    recipe.transparent = indices[33]
    let decoded = try ImageDecoder.decode(recipe.encoded())
    for (place, index) in indices.enumerated() {
      let color = index == indices[33] ? white : colors[Int(index)]
      #expect(decoded.color(place % 10, place / 10) == color)
    }
  }

  @Test("without its last bytes is told as cut off")
  func cut() throws {
    let bytes = recipe.encoded()
    for missing in [2, 20, 60, bytes.count - 10, bytes.count - 6] {
      #expect(throws: ImageError(.truncated), "\(missing)") {
        try ImageDecoder.decode(Array(bytes.dropLast(missing)))
      }
    }
    var short = recipe
    short.indices.removeLast()
    #expect(throws: ImageError(.truncated)) { try ImageDecoder.decode(short.encoded(height: 7)) }
  }

  @Test("a frame without colours, outside of the canvas or not there is damage")
  func damage() {
    var bare = recipe, outside = recipe, few = recipe
    bare.palette = []
    outside.left = 1
    few.palette = Array(colors.prefix(64))
    for (recipe, what) in [
      (bare, "no colour map"), (outside, "a frame outside of the canvas"),
      (few, "a colour of no map"),
    ] {
      #expect(throws: ImageError(.damaged(what))) { try ImageDecoder.decode(recipe.encoded()) }
    }
    #expect(throws: ImageError(.damaged("no frame"))) {
      try ImageDecoder.decode(recipe.encoded(frames: 0))
    }
  }

  @Test("a huge canvas is refused at the header, whatever its frame")
  func hugeCanvas() {
    var recipe = recipe
    recipe.canvas = (40_000, 40_000)
    let error = ImageError(.tooManyPixels(width: 40_000, height: 40_000, limit: 64 << 20))
    #expect(throws: error) { try ImageDecoder.decode(recipe.encoded()) }
    recipe.canvas = (0, 7)
    #expect(throws: ImageError(.damaged("a side is zero"))) {
      try ImageDecoder.decode(recipe.encoded())
    }
  }
}

/// A GIF of up to 128 colours, packed by codes of one byte that stand for a pixel each.
struct GIFRecipe {
  var canvas: (width: Int, height: Int)
  var left = 0, top = 0
  /// Padded with black to a power of two; empty: no map.
  var palette: [Color]
  var transparent: UInt8?
  var isInterlaced = false
  var hasLocalMap = false
  var width: Int
  /// Of the pixels row by row.
  var indices: [UInt8]

  /// - Parameter height: as the frame states it; nil: as its pixels are.
  func encoded(frames: Int = 1, height: Int? = nil) -> [UInt8] {
    let flags: UInt8 = map.isEmpty || hasLocalMap ? 0 : 0x80 | mapBits
    let head = Array("GIF89a".utf8) + little(canvas.width) + little(canvas.height) + [flags, 0, 0]
    let frame = frame(height: height ?? indices.count / width)
    return head + (hasLocalMap ? [] : map) + (0..<frames).flatMap { _ in frame } + [0x3B]
  }

  private func frame(height: Int) -> [UInt8] {
    let control: [UInt8] = [0x21, 0xF9, 4, transparent == nil ? 0 : 1, 0, 0, transparent ?? 0, 0]
    let flags = (hasLocalMap ? 0x80 | mapBits : 0) | (isInterlaced ? 0x40 : 0)
    let place = [left, top, width, height].flatMap(little)
    return control + [0x2C] + place + [flags] + (hasLocalMap ? map : []) + [7] + blocks
  }

  /// Codes of 8 bits: pixels, 128 before the table would grow to codes of 9, 129 at the end.
  private var blocks: [UInt8] {
    var codes: [UInt8] = []
    for (number, index) in stored.enumerated() {
      if number % 100 == 0 { codes.append(128) }
      codes.append(index)
    }
    codes.append(129)
    return stride(from: 0, to: codes.count, by: 255).flatMap {
      let block = codes[$0..<min($0 + 255, codes.count)]
      return [UInt8(block.count)] + block
    } + [0]
  }

  private var stored: [UInt8] {
    guard isInterlaced else { return indices }
    let rows = indices.count / width
    return [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { first, step in
      stride(from: first, to: rows, by: step).flatMap { indices[($0 * width)..<(($0 + 1) * width)] }
    }
  }

  private var mapBits: UInt8 {
    UInt8(max(0, (palette.count - 1).bitWidth - (palette.count - 1).leadingZeroBitCount - 1))
  }

  private var map: [UInt8] {
    guard !palette.isEmpty else { return [] }
    let missing = (2 << Int(mapBits)) - palette.count
    return palette.joined() + [UInt8](repeating: 0, count: missing * 3)
  }

  private func little(_ value: Int) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8)] }
}
