import Foundation
import Parity

/// The small truths beside the tests, by their folders' names.
enum Fixture: String, CaseIterable {
  case splitPooler = "split-pooler"
  case widePooler = "wide-pooler"
  case noPooler = "no-pooler"
  case paperCascade = "paper-cascade"
  case paperParallel = "paper-parallel"
  case paperNone = "paper-none"

  static let openclip: [Fixture] = [.splitPooler, .widePooler, .noPooler]

  func truth() throws -> Truth {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    return try Truth(folder.appendingPathComponent("Fixtures/\(rawValue)"))
  }
}
