import Images
import Tensors
import Testing

@Suite("Image transform")
struct TransformTests {
  /// Bytes as floats, so that planes can be read as pixels again.
  static func transform(
    _ height: Int, _ width: Int, _ fit: ImageTransform.Fit,
    _ interpolation: Interpolation = .bicubic, resize: Double = 1
  ) -> ImageTransform {
    ImageTransform(
      height: height, width: width, fit: fit, resize: resize, mean: [0, 0, 0],
      std: [1 / 255, 1 / 255, 1 / 255], interpolation: interpolation)
  }

  static func picture(_ height: Int, _ width: Int, of planes: [Float]) -> Picture {
    Picture.make(width, height) { x, y in
      (0..<3).map { UInt8(planes[$0 * height * width + y * width + x].rounded()) }
    }
  }

  /// The planes of what `draw` writes.
  static func planes(
    _ transform: ImageTransform, _ draw: (UnsafeMutableBufferPointer<UInt8>) -> Void
  ) -> [Float] {
    var pixels = [UInt8](repeating: 77, count: transform.byteCount)
    pixels.withUnsafeMutableBufferPointer { draw($0) }
    var planes = [Float](repeating: -7, count: transform.byteCount)
    transform.normalize(pixels, into: &planes)
    return planes
  }

  static func evaluate(_ picture: Picture, _ transform: ImageTransform) -> [Float] {
    planes(transform) { transform.evaluate(picture, into: $0) }
  }

  static func random(
    _ picture: Picture, _ transform: ImageTransform, crop: ClosedRange<Double>, flip: Bool,
    _ random: CounterRandom
  ) -> Picture {
    let planes = planes(transform) {
      transform.random(picture, crop: crop, flip: flip, random: random, into: $0)
    }
    return Self.picture(transform.height, transform.width, of: planes)
  }

  static func part(_ picture: Picture, _ x: Int, _ y: Int, _ width: Int, _ height: Int) -> Picture {
    Picture.make(width, height) { picture.color(x + $0, y + $1) }
  }

  @Test("crop is the whole resize, cut around its centre", arguments: Interpolation.allCases)
  func crop(interpolation: Interpolation) {
    for (width, height) in [(40, 30), (30, 41), (33, 33), (7, 90), (200, 31), (16, 17)] {
      let picture = Picture.waves(width, height)
      let short = min(width, height)
      let whole = picture.resized(
        width: 16 * width / short, height: 16 * height / short, interpolation)
      // Python rounds halves to even: 0.5 to 0, 1.5 to 2.
      func offset(_ length: Int) -> Int {
        let twice = length - 16
        return twice % 4 == 3 ? twice / 2 + 1 : twice / 2
      }
      let expected = Self.part(whole, offset(whole.width), offset(whole.height), 16, 16)
      let planes = Self.evaluate(picture, Self.transform(16, 16, .crop, interpolation))
      #expect(Self.picture(16, 16, of: planes) == expected, "\(width) x \(height)")
    }
  }

  @Test("crop to a shape that is no square covers it")
  func cropToRectangle() {
    let picture = Picture.waves(40, 30)
    let whole = picture.resized(width: 20, height: 15)
    let planes = Self.evaluate(picture, Self.transform(10, 20, .crop))
    #expect(Self.picture(10, 20, of: planes) == Self.part(whole, 0, 2, 20, 10))
  }

  @Test("pad shows the whole picture on black, odd rests below and right")
  func pad() {
    let picture = Picture.waves(40, 26)
    let whole = picture.resized(width: 20, height: 13)
    let planes = Self.evaluate(picture, Self.transform(20, 20, .pad))
    let expected = Picture.make(20, 20) { x, y in
      (3..<16).contains(y) ? whole.color(x, y - 3) : black
    }
    #expect(Self.picture(20, 20, of: planes) == expected)
  }

  @Test("squash is the plain resize")
  func squash() {
    let picture = Picture.waves(40, 26)
    let planes = Self.evaluate(picture, Self.transform(9, 21, .squash))
    #expect(Self.picture(9, 21, of: planes) == picture.resized(width: 21, height: 9))
  }

  @Test("a resize shows the middle of a larger picture", arguments: ImageTransform.Fit.allCases)
  func resize(fit: ImageTransform.Fit) {
    let picture = Picture.waves(60, 45)
    let whole = Self.picture(20, 20, of: Self.evaluate(picture, Self.transform(20, 20, fit)))
    let planes = Self.evaluate(picture, Self.transform(16, 16, fit, resize: 1.25))
    #expect(Self.picture(16, 16, of: planes) == Self.part(whole, 2, 2, 16, 16))
  }

  @Test("at the model's size, every fit only normalises, in planes",
    arguments: ImageTransform.Fit.allCases)
  func normalised(fit: ImageTransform.Fit) {
    let picture = Picture.waves(6, 5)
    let mean: [Float] = [0.4815, 0.4578, 0.4082], std: [Float] = [0.2686, 0.2613, 0.2758]
    let planes = Self.evaluate(
      picture,
      ImageTransform(
        height: 5, width: 6, fit: fit, mean: mean, std: std, interpolation: .bicubic))
    for (index, value) in planes.enumerated() {
      let (channel, pixel) = (index / 30, index % 30)
      let byte = Float(picture.pixels[pixel * 3 + channel])
      #expect(value == (byte / 255 - mean[channel]) / std[channel])
    }
  }

  @Test("pictures of one pixel's width or height fit every way",
    arguments: ImageTransform.Fit.allCases)
  func extremes(fit: ImageTransform.Fit) {
    for (width, height) in [(1, 1), (1, 65_535), (65_535, 1), (2, 3)] {
      let picture = Picture.make(width, height) { _, _ in [9, 9, 9] }
      let planes = Self.evaluate(picture, Self.transform(8, 8, fit))
      #expect(planes.allSatisfy { abs($0 - 9) < 0.01 || (fit == .pad && $0 == 0) })
      #expect(planes.contains { $0 > 0 })
    }
  }

  @Test("random boxes keep area and proportion, and lie inside")
  func boxes() {
    let picture = Picture.make(100, 80) { _, _ in black }
    var corners = Set<Int>()
    for draw in 0..<500 {
      let box = CropBox(
        within: picture, area: 0.3...0.5, random: CounterRandom(seed: 1, KeyPart(draw)))
      #expect(box.x >= 0 && box.y >= 0)
      #expect(box.x + box.width <= 100 && box.y + box.height <= 80)
      let share = Double(box.width * box.height) / 8_000
      #expect((0.28...0.52).contains(share))
      let proportion = Double(box.width) / Double(box.height)
      #expect((0.72...1.39).contains(proportion))
      corners.insert(box.x * 100 + box.y)
    }
    #expect(corners.count > 300)
  }

  @Test("a shape no draw fits gives the largest centred part")
  func fallback() {
    let stream = CounterRandom(seed: 1, "fallback")
    let wide = Picture.make(300, 30) { _, _ in black }
    #expect(
      CropBox(within: wide, area: 1...1, random: stream)
        == CropBox(x: 130, y: 0, width: 40, height: 30))
    let tall = Picture.make(30, 300) { _, _ in black }
    #expect(
      CropBox(within: tall, area: 1...1, random: stream)
        == CropBox(x: 0, y: 130, width: 30, height: 40))
  }

  @Test("random is the resize of its box, and the same stream gives the same picture")
  func random() {
    let picture = Picture.waves(50, 40)
    for draw in 0..<20 {
      let stream = CounterRandom(seed: 2, KeyPart(draw))
      let box = CropBox(within: picture, area: 0.2...1, random: stream)
      let expected = Self.part(picture, box.x, box.y, box.width, box.height)
        .resized(width: 12, height: 12)
      for _ in 0..<2 {
        let given = Self.random(
          picture, Self.transform(12, 12, .crop), crop: 0.2...1, flip: false, stream)
        #expect(given == expected)
      }
    }
  }

  @Test("flip mirrors about half of the pictures, the others not at all")
  func flip() {
    let picture = Picture.waves(30, 30)
    let transform = Self.transform(8, 8, .crop)
    var mirrored = 0
    for draw in 0..<200 {
      let stream = CounterRandom(seed: 3, KeyPart(draw))
      let plain = Self.random(picture, transform, crop: 0.5...1, flip: false, stream)
      let given = Self.random(picture, transform, crop: 0.5...1, flip: true, stream)
      if given == plain { continue }
      #expect(given == plain.upright(from: .mirrored))
      mirrored += 1
    }
    #expect((70...130).contains(mirrored))
  }

  @Test("a window is a part of the larger picture, at every place, mirrored half of the time",
        arguments: ImageTransform.Fit.allCases)
  func window(fit: ImageTransform.Fit) {
    let picture = Picture.waves(30, 20)
    let size = fit == .crop ? (18, 12) : (12, 12)
    let whole = fit == .pad
      ? Self.picture(12, 12, of: Self.evaluate(picture, Self.transform(12, 12, fit)))
      : picture.resized(width: size.0, height: size.1, .bicubic)
    let parts = (0...(size.0 - 10)).flatMap { x in
      (0...(size.1 - 10)).map { y in Self.part(whole, x, y, 10, 10) }
    }
    var met: Set<Int> = [], mirrored = 0
    for draw in 0..<400 {
      let planes = Self.planes(Self.transform(10, 10, fit)) {
        Self.transform(10, 10, fit).random(
          picture, resize: 1.2, flip: true, random: CounterRandom(seed: 4, KeyPart(draw)),
          into: $0)
      }
      let part = Self.picture(10, 10, of: planes)
      let flipped = Picture.make(10, 10) { part.color(9 - $0, $1) }
      if let place = parts.firstIndex(of: part) { met.insert(place) }
      if let place = parts.firstIndex(of: flipped) {
        met.insert(place)
        mirrored += 1
      }
    }
    #expect(met.count == parts.count)
    #expect((150...250).contains(mirrored))
  }
}
