import Foundation
import RunFile
import Text

/// Which prompts a run file asks for.
public enum PromptChoice: Sendable, Equatable {
  case standard
  case off
  case file(String)
}

extension Kind where Value == PromptChoice {
  public static var prompts: Kind {
    Kind(
      "a text that is not empty", type: "`default`, `none` or a file",
      parse: { reading in
        switch reading.words {
        case nil: nil
        case "default"?: .standard
        case "none"?: .off
        case let file?: .file(reading.absolute(file))
        }
      },
      write: { choice in
        switch choice {
        case .standard: .text("default")
        case .off: .text("none")
        case .file(let path): .text(path)
        }
      })
  }
}

extension Mapping {
  /// The prompts of a section, which are allowed only with some values of another key.
  public func prompts(
    _ given: PromptChoice?, areAllowed: Bool, by partner: String
  ) throws(ConfigurationError) -> PromptChoice? {
    guard areAllowed || given == nil else {
      throw error("prompts", .conflict("goes with \(partner) only"))
    }
    return areAllowed ? given ?? .standard : nil
  }
}

extension Prompts {
  /// - Throws: `TextError` for a file that holds no prompts.
  public init(_ choice: PromptChoice?) throws {
    switch choice {
    case .file(let path): try self.init(file: URL(fileURLWithPath: path))
    case .off: self = .none
    case .standard, nil: self = .default
    }
  }
}
