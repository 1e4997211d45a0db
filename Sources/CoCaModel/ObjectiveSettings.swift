import RunFile

/// What a run minimises, as a run file gives it: a preset, and options of its losses.
public struct ObjectiveSettings: Section {
  public var preset = ObjectiveName.coca
  public var contrastive = ContrastiveSettings()
  public var caption = CaptionLossSettings()
  public var classification = ClassificationSettings()

  public init() {}

  public init(_ preset: ObjectiveName) { self.preset = preset }

  public static let keys: [Key<Self>] = [
    Key("preset", \.preset, .choice, """
      the losses and their weights, as `objective: PRESET` alone has them
      """),
    Key(ContrastiveTerm.name, \.contrastive, .section, """
      options of the contrastive loss: see [objectives](objectives.md#contrastive)
      """),
    Key(CaptionTerm.name, \.caption, .section, "options of the captioning loss"),
    Key(ClassificationTerm.name, \.classification, .section, """
      what `classification` needs: [classes](objectives.md#classification)
      """),
  ]

  /// The preset's terms, set up by the options, with their default weights.
  public var terms: [WeightedTerm] {
    let contrastive = ContrastiveTerm(contrastive)
    let caption = CaptionTerm(smoothing: caption.smoothing)
    return switch preset {
    case .coca, .twoPass: [WeightedTerm(contrastive, 1), WeightedTerm(caption, 2)]
    case .contrastive: [WeightedTerm(contrastive, 1)]
    case .caption, .prefix: [WeightedTerm(caption, 1)]
    case .classification: [WeightedTerm(ClassificationTerm(), 1)]
    }
  }

  /// Whether a part of each text is given to the captioning loss.
  public var drawsPrefixes: Bool {
    (caption.prefix ?? (preset == .prefix ? .random : CaptionLossSettings.Prefix.none)) == .random
  }

  /// Refuses options of losses that the preset lacks.
  public mutating func complete(
    _ mapping: Mapping, after others: [Self]
  ) throws(ConfigurationError) {
    for (name, isStandard) in [
      (ContrastiveTerm.name, contrastive == ContrastiveSettings()),
      (CaptionTerm.name, caption == CaptionLossSettings()),
      (ClassificationTerm.name, classification == ClassificationSettings()),
    ] where !isStandard && !terms.contains(where: { $0.term.name == name }) {
      throw mapping.error(
        name, .conflict("objective: \(preset.rawValue) has no such loss to set up"))
    }
  }
}

extension Kind where Value == ObjectiveSettings {
  /// A preset's name, or the mapping; it is written as a name where all options have their
  /// defaults.
  public static var objective: Kind {
    let names = Kind<ObjectiveName>.choice, section = Kind.section
    let words = ObjectiveName.allCases.map(\.rawValue)
    return Kind(
      "one of: " + words.joined(separator: ", ") + ", or a mapping",
      type: words.map { "`\($0)`" }.joined(separator: ", ") + ", or mapping",
      members: section.members,
      read: { reading throws(ConfigurationError) in
        if case .map = reading.node.value { return try section.read(reading) }
        return ObjectiveSettings(try names.read(reading))
      },
      write: { settings in
        settings == ObjectiveSettings(settings.preset)
          ? .text(settings.preset.rawValue) : settings.node.value
      })
  }
}
