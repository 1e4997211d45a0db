import RunFile

/// What a run minimises, as a run file gives it: a preset, and options of its losses.
public struct ObjectiveSettings: Section {
  public var preset = ObjectiveName.coca

  public init() {}

  public init(_ preset: ObjectiveName) { self.preset = preset }

  public static let keys: [Key<Self>] = [
    Key("preset", \.preset, .choice, """
      the losses and their weights, as `objective: PRESET` alone has them
      """)
  ]

  /// The preset's terms, set up by the options, with their default weights.
  public var terms: [WeightedTerm] { preset.terms }
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
