import Foundation

/// Sentences into which names are put, such as "a photo of a {}.".
public struct Prompts: Sendable, Equatable {
  /// At least one; each has exactly one `{}`.
  public let templates: [String]

  private init(templates: [String]) { self.templates = templates }

  /// The name alone.
  public static let none = Prompts(templates: ["{}"])

  /// A file with one prompt a line; empty lines and lines that begin with `#` are left out.
  public init(file: URL) throws(TextError) {
    let bytes = try FileBytes.read(file, limit: 1 << 20)
    guard let text = String(data: bytes, encoding: .utf8) else {
      throw TextError(file.path, .badPrompt(line: 1, "the file is not UTF-8"))
    }
    try self.init(text: text, name: file.path)
  }

  /// The contents of such a file; `name` is for errors.
  public init(text: String, name: String) throws(TextError) {
    var templates: [String] = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let template = line.trimmingCharacters(in: .whitespaces)
      if template.isEmpty || template.hasPrefix("#") { continue }
      let count = template.components(separatedBy: "{}").count - 1
      guard count == 1 else {
        throw TextError(name, .badPrompt(line: index + 1, "{} is there \(count) times, not once"))
      }
      templates.append(template)
    }
    if templates.isEmpty { throw TextError(name, .badPrompt(line: 1, "there is no prompt")) }
    self.templates = templates
  }

  /// Template `index` with `name` in place of `{}`.
  public func fill(template index: Int, name: String) -> String {
    let parts = templates[index].components(separatedBy: "{}")
    return parts[0] + name + parts[1]
  }
}

extension Prompts {
  /// Plain English sentences for photographs, drawings and icons.
  public static let `default` = Prompts(templates: [
    "{}",
    "a photo of {}.",
    "a picture of {}.",
    "an image of {}.",
    "an image showing {}.",
    "a photograph that shows {}.",
    "a clear photo of {}.",
    "a blurred photo of {}.",
    "a dark photo of {}.",
    "a bright picture of {}.",
    "a small picture of {}.",
    "a large image of {}.",
    "a close-up of {}.",
    "a cropped photo of {}.",
    "a view of {}.",
    "a colour picture of {}.",
    "a black and white photo of {}.",
    "a good photo of {}.",
    "a poor photo of {}.",
    "a drawing of {}.",
    "a sketch of {}.",
    "a painting of {}.",
    "an illustration of {}.",
    "a cartoon of {}.",
    "an icon of {}.",
    "a symbol for {}.",
    "clip art of {}.",
    "a rendering of {}.",
    "this is {}.",
    "here we see {}.",
    "there is {} in the picture.",
    "the picture shows {}.",
  ])
}
