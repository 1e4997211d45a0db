import Collectives
import Evaluation
import Foundation
import Testing

@Suite("Class names")
struct ClassNamesTests {
  @Test("line n names class n, synonyms divided by |")
  func lines() throws {
    let names = try ClassNames(text: "cat\r\n great auk | Pinguinus\n#\n\n\n", place: "names")
    #expect(names.names == [["cat"], ["great auk", "Pinguinus"], ["#"]])
  }

  @Test(
    "an empty name is refused with its line: it would shift the classes after it",
    arguments: [("a\n\nb", 2), ("a\nb|", 2), ("|a", 1), ("", 1), (" \n", 1)])
  func empty(text: String, line: Int) throws {
    let error = #expect(throws: EvaluationError.self) {
      try ClassNames(text: text, place: "names.txt")
    }
    guard case .classNames(line, _) = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.exitCode == ExitCode.data)
    #expect(error?.description.hasPrefix("names.txt: line \(line): ") == true)
  }

  @Test("a file that is not there is an error of input, told in the system's words")
  func missing() {
    let error = #expect(throws: EvaluationError.self) {
      try ClassNames(file: URL(fileURLWithPath: "/nowhere/names.txt"))
    }
    #expect(error?.exitCode == ExitCode.io)
    #expect(error?.description.contains("No such file or directory") == true)
  }
}
