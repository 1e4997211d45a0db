import RunFile

/// The `augment:` section of a run file: the random changes of a training picture.
public struct AugmentSettings: Section {
  /// The area of the random crop, as a fraction.
  public var crop = 0.9...1
  /// Nil, or the factor of the model's size to which a picture is resized before a window is cut
  /// out of it; then there is no random crop.
  public var resize: Double?
  public var flip = false

  public init() {}
}

extension AugmentSettings {
  public static let keys: [Key<Self>] = [
    Key("crop", \.crop, .fractions, writtenIf: { $0.resize == nil }, """
      area of the random crop; its sides are from 3:4 to 4:3, and it is resized to the model's size
      """),
    Key("resize", \.resize, .orAbsent(.number(1...4)), default: "null", """
      instead of `crop`, as in ALIGN: the picture is resized to so many times the model's size as \
      `image.fit` says, and a window of the model's size is cut out at a random place (ALIGN: \
      1.197)
      """),
    Key("flip", \.flip, .flag, "mirror half of the pictures; not for captions with left and right"),
  ]

  public func complete(_ mapping: Mapping, after others: [Self]) throws(ConfigurationError) {
    guard mapping["crop"] == nil || resize == nil else {
      throw mapping.error("resize", .conflict("crop and resize are both given"))
    }
  }
}

extension Kind where Value == ClosedRange<Double> {
  fileprivate static var fractions: Kind {
    Kind(
      "two rising fractions above 0, as in [0.9, 1.0]",
      type: "two fractions",
      read: { reading throws(ConfigurationError) in
        guard let items = reading.node.items, items.count == 2 else {
          throw reading.unexpected("two fractions, as in [0.9, 1.0]")
        }
        let bounds = items.compactMap(\.number)
        guard bounds.count == 2, bounds[0] > 0, bounds[0] <= bounds[1], bounds[1] <= 1 else {
          throw reading.unexpected("two rising fractions above 0, as in [0.9, 1.0]")
        }
        return bounds[0]...bounds[1]
      },
      write: { area in
        .list([area.lowerBound, area.upperBound].map { ConfigurationNode(.number($0)) })
      })
  }
}

extension Augmentation {
  public init(_ settings: AugmentSettings) {
    self.init(
      settings.resize.map { .window(resize: $0) } ?? .area(settings.crop), flip: settings.flip)
  }
}
