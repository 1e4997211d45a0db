import ArgumentParser
import Evaluation

/// The pictures or records of a task, and its options, as arguments of its subcommand.
///
/// The parser finds arguments through a mirror of this type, which therefore shows the task's
/// options.
struct TaskArguments<Asked: EvaluationTask>: ParsableArguments, CustomReflectable {
  private(set) var records: String?
  private(set) var images: [String] = []
  private(set) var values = TaskValues()

  private static var takesPictures: Bool { Asked.self is any PictureTask.Type }

  init() {}

  init(from decoder: any Decoder) throws {
    let given = try decoder.container(keyedBy: NamedKey.self)
    if Self.takesPictures {
      records = try given.decodeIfPresent(String.self, forKey: "records")
      images = try given.decodeIfPresent([String].self, forKey: "images") ?? []
    } else {
      records = try given.decode(Option<String>.self, forKey: "records").wrappedValue
    }
    for option in Asked.options { try read(option, from: given) }
  }

  private mutating func read(
    _ option: TaskOption, from given: KeyedDecodingContainer<NamedKey>
  ) throws {
    let key = NamedKey(option.name)
    switch option.kind {
    case .file, .text, .choice:
      let text = option.isRequired
        ? try given.decode(Option<String>.self, forKey: key).wrappedValue
        : try given.decodeIfPresent(String.self, forKey: key)
      values[option] = text.map(TaskValues.Value.text)
    case .number:
      values[option] = try given.decodeIfPresent(Int.self, forKey: key)
        .map(TaskValues.Value.number)
    case .decimal:
      values[option] = try given.decodeIfPresent(Double.self, forKey: key)
        .map(TaskValues.Value.decimal)
    case .flag:
      if try given.decodeIfPresent(Bool.self, forKey: key) == true { values[option] = .flag }
    }
  }

  func validate() throws {
    if Self.takesPictures, (records == nil) == images.isEmpty {
      throw ValidationError("Give either --records or --images.")
    }
    for option in Asked.options { try checkValue(of: option) }
    do throws(EvaluationError) {
      try Asked.check(values)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private func checkValue(of option: TaskOption) throws {
    switch (option.kind, values[option]) {
    case (.number(let range), .number(let number)?):
      try check(number, "--\(option.name)", range)
    case (.decimal(let range), .decimal(let number)?) where !range.contains(number):
      throw ValidationError(
        "--\(option.name): \(number) is not between \(range.lowerBound) and \(range.upperBound).")
    case (.choice(let words), .text(let word)?) where !words.contains(word):
      throw ValidationError(
        "--\(option.name): \(word) is not one of \(words.joined(separator: ", ")).")
    default: break
    }
  }

  var customMirror: Mirror {
    let need = Asked.recordNeed.map { " with \($0)" } ?? ""
    let help = ArgumentHelp("A folder of records\(need).")
    var children: [Mirror.Child] = []
    if Self.takesPictures {
      children = [
        ("records", Option<String?>(help: help, completion: .directory)),
        ("images", Option<[String]>(
          wrappedValue: [], parsing: .upToNextOption,
          help: imagesHelp, completion: .file())),
      ]
    } else {
      children = [("records", Option<String>(help: help, completion: .directory))]
    }
    return Mirror(self, children: children + Asked.options.map { ($0.name, $0.argument) })
  }
}

extension TaskOption {
  /// The parser's definition of it.
  fileprivate var argument: Any {
    let name = NameSpecification([name, alias].compactMap { $0 }.map { .customLong($0) })
    let help = ArgumentHelp(help)
    switch kind {
    case .file: return textArgument(name, help, .file())
    case .text: return textArgument(name, help, nil)
    case .choice(let words): return textArgument(name, help, .list(words))
    case .number: return Option<Int?>(name: name, help: help)
    case .decimal: return Option<Double?>(name: name, help: help)
    case .flag: return Flag<Bool>(wrappedValue: false, name: name, help: help)
    }
  }

  private func textArgument(
    _ name: NameSpecification, _ help: ArgumentHelp, _ completion: CompletionKind?
  ) -> Any {
    if let standard {
      return Option<String>(
        wrappedValue: standard, name: name, help: help, completion: completion)
    }
    if isRequired { return Option<String>(name: name, help: help, completion: completion) }
    return Option<String?>(name: name, help: help, completion: completion)
  }
}
