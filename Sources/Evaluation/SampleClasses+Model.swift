import CoCaModel
import Pipeline

extension SampleClasses {
  /// Those that a model tells apart.
  public init(_ classes: ImageClasses) {
    self.init(names: classes.names, byLabels: classes.labels == .labels)
  }
}
