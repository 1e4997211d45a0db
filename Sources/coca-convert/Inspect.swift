import ArgumentParser
import Checkpoints
import Evaluation
import Foundation
import JSON

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows tensors, and which are missing or extra; reads headers only.",
    discussion: """
      A file's configuration is the open_clip_config.json beside it.

      EXAMPLE
        coca-convert inspect runs/birds
        coca-convert inspect epoch_5.pt --json
      """)

  @Argument(
    help: "A step's folder, a run's folder, open_clip's folder, or a file of weights.",
    completion: .file())
  var path: String

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let found = try Inspection(URL(fileURLWithPath: path))
    try Output.print(json ? [try tree(found).text()] : text(found))
  }

  private func text(_ found: Inspection) -> [String] {
    let width = found.entries.map(\.name.count).max() ?? 0
    let types = found.types.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    var lines = found.entries.map { entry in
      let name = entry.name.padding(toLength: min(width, 60), withPad: " ", startingAt: 0)
      return "\(entry.name.count > 60 ? entry.name : name)  \(entry.type.rawValue)  \(entry.shape)"
    }
    lines += [""] + Output.rows([
      ("kind", found.kind.rawValue + (found.step.map { ", step \($0)" } ?? "")),
      ("tensors", "\(found.entries.count): \(types.joined(separator: ", "))"),
      ("parameters", "\(found.parameters.grouped), \(found.bytes.grouped) bytes"),
      ("layout", found.configuration?.layout.rawValue ?? found.fault ?? "no configuration"),
    ])
    guard let differences = found.differences else { return lines }
    let misshapen = differences.misshapen.map { "\($0.name) \($0.found), not \($0.expected)" }
    lines += Output.rows(
      differences.missing.map { ("missing", $0) } + differences.extra.map { ("extra", $0) }
        + misshapen.map { ("misshapen", $0) })
    if differences.isEmpty {
      lines += Output.rows([("whole", "nothing is missing, nothing is extra")])
    }
    return lines
  }

  private func tree(_ found: Inspection) throws -> JSONValue {
    let differences = found.differences
    return [
      "path": .string(found.place),
      "kind": .string(found.kind.rawValue),
      "step": found.step.map(JSONValue.integer) ?? .null,
      "configuration": try found.configuration.map { try JSONValue(encoding: $0) } ?? .null,
      "fault": found.fault.map(JSONValue.string) ?? .null,
      "count": .integer(found.entries.count),
      "parameters": .integer(found.parameters),
      "bytes": .integer(found.bytes),
      "dtypes": .object(found.types.mapValues(JSONValue.integer)),
      "tensors": .array(
        found.entries.map {
          [
            "name": .string($0.name), "dtype": .string($0.type.rawValue),
            "shape": .array($0.shape.map(JSONValue.integer)),
          ]
        }),
      "missing": differences.map { .array($0.missing.map(JSONValue.string)) } ?? .null,
      "extra": differences.map { .array($0.extra.map(JSONValue.string)) } ?? .null,
      "misshapen": differences.map { .array($0.misshapen.map(Self.misshapen)) } ?? .null,
    ]
  }

  private static func misshapen(_ tensor: TensorDifferences.Misshapen) -> JSONValue {
    [
      "name": .string(tensor.name),
      "expected": .array(tensor.expected.map(JSONValue.integer)),
      "found": .array(tensor.found.map(JSONValue.integer)),
    ]
  }
}
