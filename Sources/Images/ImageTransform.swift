import CResample
import Tensors

/// A part of a picture, in whole pixels.
public struct CropBox: Sendable, Equatable {
  public var x: Int, y: Int, width: Int, height: Int

  public init(x: Int, y: Int, width: Int, height: Int) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }
}

/// Turns a picture of any size into `[height, width, 3]` bytes of the model's size, and these into
/// the model's input: `[3, height, width]` floats, planes of red, green and blue,
/// `(byte / 255 - mean) / std`. Batches wait as bytes, which take a quarter of the memory.
///
/// Source: open_clip 3.3.0's evaluation transform on Pillow 13's pictures. Sizes, offsets and bytes
/// are the same, except that open_clip always uses bicubic for a crop that is not square.
public struct ImageTransform: Sendable {
  /// How a picture of another shape is fitted to the model's size.
  public enum Fit: String, Sendable, Codable, CaseIterable {
    /// The shorter side is resized to fit; the rest is cut off around the centre.
    case crop
    /// The longer side is resized to fit; the rest is filled with black before normalising.
    case pad
    /// Both sides are resized to fit; proportions are lost.
    case squash
  }

  public let height: Int
  public let width: Int
  public let fit: Fit
  /// Evaluated pictures are resized to so many times the model's size and cropped to their middle.
  public let resize: Double
  public let interpolation: Interpolation
  /// The float for every byte, for each of the three channels.
  private let table: [Float]

  /// - Parameters:
  ///   - mean: red, green and blue in `0...1`.
  ///   - std: likewise, above 0.
  ///   - resize: 1 or more.
  public init(
    height: Int, width: Int, fit: Fit, resize: Double = 1, mean: [Float], std: [Float],
    interpolation: Interpolation
  ) {
    precondition(height > 0 && width > 0, "a model sees pixels")
    precondition(mean.count == 3 && std.count == 3, "three channels")
    self.height = height
    self.width = width
    self.fit = fit
    self.resize = resize
    self.interpolation = interpolation
    table = (0..<3).flatMap { channel in
      (0..<256).map { (Float($0) / 255 - mean[channel]) / std[channel] }
    }
  }

  /// Bytes of a picture of the model's size.
  public var byteCount: Int { 3 * height * width }

  /// The model's input of a picture of its size.
  /// - Parameters:
  ///   - pixels: `byteCount` bytes.
  ///   - planes: as many floats.
  public func normalize(_ pixels: UnsafePointer<UInt8>, into planes: UnsafeMutablePointer<Float>) {
    let plane = height * width
    pixels_to_planes(pixels, plane, table, planes, planes + plane, planes + 2 * plane)
  }

  /// The picture for evaluation: no random changes.
  ///
  /// Source: ALIGN (arXiv 2102.05918), section 5.2, for `resize`: the middle 289 pixels of 346.
  public func evaluate(_ picture: Picture, into pixels: UnsafeMutableBufferPointer<UInt8>) {
    let layout = enlarged(by: resize).layout(picture)
    show(
      picture, layout, x: Placement(length: layout.width, target: width),
      y: Placement(length: layout.height, target: height), mirrored: false, pixels)
  }

  /// A window of the model's size at a random place of the picture, which is resized to `resize`
  /// times that size as `fit` says; if `flip`, half of the pictures are mirrored.
  ///
  /// Source: ALIGN (arXiv 2102.05918), section 5.2: windows of 289 pixels of pictures of 346.
  public func random(
    _ picture: Picture, resize: Double, flip: Bool, random: CounterRandom,
    into pixels: UnsafeMutableBufferPointer<UInt8>
  ) {
    let layout = enlarged(by: resize).layout(picture)
    let x = Placement(length: layout.width, target: width, random: random, draw: 0)
    let y = Placement(length: layout.height, target: height, random: random, draw: 1)
    let isMirrored = flip && random.below(2, at: CropBox.draws) == 1
    show(picture, layout, x: x, y: y, mirrored: isMirrored, pixels)
  }

  private func enlarged(by factor: Double) -> ImageTransform {
    func side(_ length: Int) -> Int {
      max(length, Int((Double(length) * factor).rounded(.toNearestOrEven)))
    }
    return ImageTransform(self, height: side(height), width: side(width))
  }

  private init(_ other: ImageTransform, height: Int, width: Int) {
    self.height = height
    self.width = width
    (fit, resize) = (other.fit, other.resize)
    (interpolation, table) = (other.interpolation, other.table)
  }

  private func show(
    _ picture: Picture, _ layout: Layout, x: Placement, y: Placement, mirrored: Bool,
    _ pixels: UnsafeMutableBufferPointer<UInt8>
  ) {
    let resized = picture.resampled(
      x: ResampleAxis(source: 0..<picture.width, length: layout.width, wanted: x.wanted),
      y: ResampleAxis(source: 0..<picture.height, length: layout.height, wanted: y.wanted),
      interpolation)
    write(resized, left: x.offset, top: y.offset, mirrored: mirrored, pixels)
  }

  /// A random part of the picture; if `flip`, half of the pictures are mirrored.
  /// - Parameters:
  ///   - crop: the share of the area that is kept.
  ///   - random: the same stream gives the same part.
  public func random(
    _ picture: Picture, crop: ClosedRange<Double>, flip: Bool, random: CounterRandom,
    into pixels: UnsafeMutableBufferPointer<UInt8>
  ) {
    let box = CropBox(within: picture, area: crop, random: random)
    let resized = picture.resampled(
      x: ResampleAxis(source: box.x..<(box.x + box.width), length: width),
      y: ResampleAxis(source: box.y..<(box.y + box.height), length: height), interpolation)
    let isMirrored = flip && random.below(2, at: CropBox.draws) == 1
    write(resized, left: 0, top: 0, mirrored: isMirrored, pixels)
  }

  private struct Layout {
    var width: Int, height: Int
  }

  /// The size to which a picture is resized before it is cropped or padded.
  private func layout(_ picture: Picture) -> Layout {
    switch fit {
    case .crop: cropped(picture)
    case .pad: padded(picture)
    case .squash: Layout(width: width, height: height)
    }
  }

  private func cropped(_ picture: Picture) -> Layout {
    guard width == height else { return scaled(picture, longer: false) }
    let (shorter, longer) = (
      min(picture.width, picture.height), max(picture.width, picture.height)
    )
    let length = width * longer / shorter
    return picture.width <= picture.height
      ? Layout(width: width, height: length) : Layout(width: length, height: height)
  }

  private func padded(_ picture: Picture) -> Layout { scaled(picture, longer: true) }

  private func scaled(_ picture: Picture, longer: Bool) -> Layout {
    let ratios = (
      Double(picture.width) / Double(width), Double(picture.height) / Double(height)
    )
    let ratio = longer ? max(ratios.0, ratios.1) : min(ratios.0, ratios.1)
    func side(_ length: Int) -> Int {
      max(1, Int((Double(length) / ratio).rounded(.toNearestOrEven)))
    }
    return Layout(width: side(picture.width), height: side(picture.height))
  }

  private func write(
    _ part: Picture, left: Int, top: Int, mirrored: Bool,
    _ pixels: UnsafeMutableBufferPointer<UInt8>
  ) {
    precondition(pixels.count == byteCount, "a picture of the model's size")
    guard let base = pixels.baseAddress else { return }
    if part.width < width || part.height < height { pixels.update(repeating: 0) }
    part.pixels.withUnsafeBufferPointer { source in
      guard let first = source.baseAddress else { return }
      for row in 0..<part.height {
        let from = first + 3 * row * part.width, to = base + 3 * ((top + row) * width + left)
        if mirrored {
          pixels_gather(from + 3 * (part.width - 1), -3, part.width, to)
        } else {
          to.update(from: from, count: 3 * part.width)
        }
      }
    }
  }
}

/// Where a scaled side of a picture lies in the model's input.
private struct Placement {
  /// The pixels of the side that are used.
  let wanted: Range<Int>
  /// The place of the first of them; if padding is odd, the larger half comes last.
  let offset: Int

  /// Cropped or padded around its centre.
  init(length: Int, target: Int) {
    let first = max(0, Int((Double(length - target) / 2).rounded(.toNearestOrEven)))
    wanted = first..<min(length, first + target)
    offset = max(0, target - length) / 2
  }

  /// At a random place; `draw` is the index of the draw in the random stream.
  init(length: Int, target: Int, random: CounterRandom, draw: UInt64) {
    let first = length > target ? random.below(length - target + 1, at: draw) : 0
    wanted = first..<min(length, first + target)
    offset = length < target ? random.below(target - length + 1, at: draw) : 0
  }
}
