import Records

/// Finds the classes of a sample.
public struct SampleClasses: Sendable {
  private let count: Int
  /// Nil: the class is in `KEY.cls`.
  private let numbers: [String: Int]?

  /// - Parameters:
  ///   - names: for each class its name and synonyms.
  ///   - byLabels: whether a sample's labels name its classes; else `KEY.cls` has its one class.
  public init(names: [[String]], byLabels: Bool) {
    count = names.count
    let pairs = names.enumerated().flatMap { number, names in names.map { ($0, number) } }
    numbers = byLabels ? Dictionary(pairs) { first, _ in first } : nil
  }

  /// The sample's classes, ascending, at least one. Labels that name no class are left out.
  /// - Throws: why the sample has no class.
  public func classes(of annotation: Annotation) throws(BadSample.Reason) -> [Int] {
    if let numbers {
      let found = Set(annotation.labels.compactMap { numbers[$0] }).sorted()
      guard found.isEmpty else { return found }
      throw .noClass(annotation.labels.isEmpty ? "no labels" : "none of its labels names a class")
    }
    guard let found = annotation.classIndex else { throw .noClass("no class (KEY.cls)") }
    guard found < count else { throw .noClass("class \(found), but there are only \(count)") }
    return [found]
  }
}

extension SampleSource {
  /// - Throws: `PipelineError` where none of some samples has a class.
  public func check(_ classes: SampleClasses) throws(PipelineError) {
    let faults = someSamples.map { sample -> BadSample.Reason? in
      do throws(BadSample.Reason) {
        _ = try classes.classes(of: sample.checkedAnnotation())
        return nil
      } catch {
        return error
      }
    }
    guard let first = faults.first, let first, !faults.contains(nil) else { return }
    throw PipelineError(name, .noClasses(first.text))
  }
}
