import Foundation
import Testing

/// What the design says of the sources, read from the sources.
@Suite("Architecture")
struct ArchitectureTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test("Package.swift lists targets by floors, from the lowest up")
  func floors() throws {
    let targets = try Self.targets()
    #expect(targets.map(\.floor) == targets.map(\.floor).sorted())
    #expect(targets.first?.floor == 0 && targets.last?.floor == 6)
    let folders = try Self.names("Sources") + Self.names("Sources/Checks")
    #expect(Set(folders).subtracting(targets.map(\.name)) == ["Checks", "Libraries"])
  }

  @Test("a target imports only targets that stand before it, of its floor or a lower one")
  func imports() throws {
    let targets = try Self.targets()
    let place = Dictionary(
      uniqueKeysWithValues: targets.enumerated().map { ($1.name, $0) })
    var found = 0
    for file in try Self.files("Sources") where file.hasSuffix(".swift") {
      let own = try #require(place[Self.target(of: file)], "\(file) has no floor")
      for module in try Self.importedModules(file) {
        guard let other = place[module] else { continue }
        found += 1
        #expect(other < own, "\(file) imports \(module)")
      }
    }
    #expect(found > 100)
  }

  @Test("targets above the first floors import strictly lower ones")
  func strictlyLower() throws {
    let targets = try Self.targets()
    let floor = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0.floor) })
    for file in try Self.files("Sources") where file.hasSuffix(".swift") {
      let own = floor[Self.target(of: file)] ?? 0
      guard own > 1, own != 4 else { continue }
      for module in try Self.importedModules(file) {
        #expect(floor[module] ?? -1 < own, "\(file) imports \(module)")
      }
    }
  }

  @Test("no two targets have public types of one name")
  func typeNames() throws {
    let declaration = #/
      ^(?:public|package)\ (?:final\ |indirect\ )*
      (?:struct|class|enum|protocol|actor|typealias)\ (\w+)
      /#
    var owners: [String: Set<String>] = [:]
    for file in try Self.files("Sources") where file.hasSuffix(".swift") {
      for name in try Self.lines(file).compactMap({ $0.firstMatch(of: declaration)?.1 }) {
        owners[String(name), default: []].insert(Self.target(of: file))
      }
    }
    #expect(owners.count > 200)
    for (name, targets) in owners {
      #expect(targets.count == 1, "\(name) is in \(targets.sorted().joined(separator: " and "))")
    }
  }

  /// A member of that name, which is all that a text can tell.
  @Test("the property of a run file's key is used somewhere besides its table")
  func keysAreUsed() throws {
    let row = /\bKey\("\w+", \\\.(?:\w+\.)*(\w+),/
    var properties: Set<Substring> = [], used: Set<Substring> = []
    for file in try Self.files("Sources") where file.hasSuffix(".swift") {
      for line in try Self.lines(file) {
        if let match = line.firstMatch(of: row) {
          properties.insert(match.1)
        } else if !file.hasPrefix("Sources/RunFile/") {
          used.formUnion(line.matches(of: /\.(\w+)/).map(\.1))
        }
      }
    }
    #expect(properties.count > 40)
    #expect(properties.subtracting(used) == [])
  }

  @Test("no file has more than 400 lines")
  func lengths() throws {
    let files = try Self.files("Sources") + Self.files("Tests")
    #expect(files.count > 200)
    for file in files where [".swift", ".c", ".cpp", ".h"].contains(where: file.hasSuffix) {
      let lines = try Self.lines(file).count
      #expect(lines <= 400, "\(file) has \(lines) lines")
    }
  }

  /// The target that a file of Sources belongs to: the checks stand a folder deeper.
  private static func target(of file: String) -> String {
    let folders = file.split(separator: "/").dropFirst().drop { $0 == "Checks" }
    return folders.first.map(String.init) ?? ""
  }

  /// Targets outside Tests in the order of Package.swift, with the floor named above them.
  private static func targets() throws -> [(name: String, floor: Int)] {
    var floor = -1
    var result: [(String, Int)] = []
    let item = /\/\/ Floors? (\d)|(?:\.target|\.executableTarget|library)\(\s*(?:name: )?"([^"]+)"/
    for match in try lines("Package.swift").joined(separator: "\n").matches(of: item) {
      if let number = match.1.flatMap({ Int($0) }) { floor = number }
      guard floor >= 0, let name = match.2.map(String.init) else { continue }
      let isSource = ["Sources/", "Sources/Checks/", "Sources/Libraries/"].contains {
        FileManager.default.fileExists(atPath: root.appendingPathComponent($0 + name).path)
      }
      if isSource { result.append((name, floor)) }
    }
    return result
  }

  private static func importedModules(_ file: String) throws -> [String] {
    try lines(file).filter { $0.contains("import ") }.compactMap { line in
      let statement = /^(?:public |package |internal )?import (?:struct |class |enum |func )?(\w+)/
      return line.firstMatch(of: statement).map { String($0.1) }
    }
  }

  private static func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: root.appendingPathComponent(folder).path)
  }

  private static func files(_ folder: String) throws -> [String] {
    let path = root.appendingPathComponent(folder).path
    return try FileManager.default.subpathsOfDirectory(atPath: path).map { "\(folder)/\($0)" }
  }

  private static func lines(_ file: String) throws -> [Substring] {
    let text = try String(contentsOf: root.appendingPathComponent(file), encoding: .utf8)
    return text.split(separator: "\n", omittingEmptySubsequences: false)
  }
}
