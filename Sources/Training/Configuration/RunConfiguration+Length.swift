extension RunConfiguration {
  /// How long the run is.
  public enum Length: Sendable, Equatable {
    case steps(Int)
    case epochs(Double)
    case samples(Int)

    /// The keys, of which exactly one is given.
    static let names = ["steps", "epochs", "samples"]
  }
}

/// Each key reads and writes the length as its own value; nil where another key gives it.
extension RunConfiguration.Length {
  var steps: Int? {
    get { if case .steps(let count) = self { count } else { nil } }
    set { if let newValue { self = .steps(newValue) } }
  }

  var epochs: Double? {
    get { if case .epochs(let count) = self { count } else { nil } }
    set { if let newValue { self = .epochs(newValue) } }
  }

  var samples: Int? {
    get { if case .samples(let count) = self { count } else { nil } }
    set { if let newValue { self = .samples(newValue) } }
  }
}
