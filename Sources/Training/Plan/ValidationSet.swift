import Evaluation
import Foundation
import Pipeline
import Records
import RunFile
import Text

/// A set of the validation with its records open and its files read.
struct ValidationSet {
  enum Question {
    case loss, retrieval, caption
    case zeroShot(ClassNames, Prompts)
  }

  let settings: ValidationSettings.Set
  let records: [RecordSet]
  let question: Question

  /// - Throws: what is wrong with its records, its classes or its prompts.
  init(_ settings: ValidationSettings.Set) throws {
    self.settings = settings
    records = try settings.records.map {
      try RecordSet(directory: URL(fileURLWithPath: $0, isDirectory: true))
    }
    switch settings.task {
    case .loss: question = .loss
    case .retrieval: question = .retrieval
    case .caption: question = .caption
    case .zeroShot:
      guard let classes = settings.classes else {
        throw ConfigurationError("validation", "\(settings.name).classes", .missing)
      }
      question = .zeroShot(
        try ClassNames(file: URL(fileURLWithPath: classes)), try Prompts(settings.prompts))
    }
  }
}
