import Foundation
import TestSupport
import Testing

/// Something wrong with what a run is given, and how the run must end.
struct Fault: Sendable, CustomTestStringConvertible {
  let name: String
  var arguments: [String] = []
  let code: Int32
  /// What the one line on standard error must hold: the place, and what to do.
  let texts: [String]
  /// Whether the run was found good before the fault was met.
  var printsHeader = false
  /// Each kind of error takes the same way on several ranks; one of a kind is enough.
  var isTriedOnRanks = false
  let prepare: @Sendable (TrainingWorld) throws -> Void

  var testDescription: String { name }

  /// Faults that end a run before its first step, so that nothing may be left behind.
  static let all: [Fault] = [
    Fault(
      name: "no run file", code: 64, texts: ["run.yaml", "Check the path and the permissions"]
    ) { _ in },
    Fault(name: "not YAML", code: 64, texts: ["run.yaml:2", "Correct the line"]) {
      try $0.folder.write("model: [", to: "run.yaml")
    },
    Fault(
      name: "an unknown key", code: 64, texts: ["run.yaml:14", "bacth", "Did you mean batch?"],
      isTriedOnRanks: true
    ) { try $0.configure("bacth: 12") },
    Fault(
      name: "an unknown key in --set", arguments: ["--set", "optimizer.lrr=1"], code: 64,
      texts: ["--set optimizer.lrr", "Did you mean lr?"]
    ) { try $0.configure() },
    Fault(
      name: "an unknown key of the model", code: 64, texts: ["model.layrs", "layout"]
    ) { try $0.configure("", replacing: "joint: 16", by: "layrs: 16") },
    Fault(
      name: "a model file of open_clip's", arguments: ["--set", "model=open_clip.json"], code: 64,
      texts: ["open_clip.json:2: model.embed_dim", "coca_ViT-B-32", "coca-convert import"]
    ) {
      try $0.configure()
      try $0.folder.write("{\n\"embed_dim\": 512,\n\"vision_cfg\": {}}", to: "open_clip.json")
    },
    Fault(
      name: "an impossible model", code: 64, texts: ["model", "5 does not divide the width 32"]
    ) { try $0.configure("", replacing: "width: 32, heads: 2", by: "width: 32, heads: 5") },
    Fault(
      name: "no records", code: 74, texts: ["records/photo", "Check the path"],
      isTriedOnRanks: true
    ) { try $0.configure("", replacing: "records/photos", by: "records/photo") },
    Fault(name: "no tokenizer", code: 74, texts: ["none.model", "Check the path"]) {
      try $0.configure("", replacing: "tokenizer.model", by: "none.model")
    },
    Fault(
      name: "a tokenizer that is not one", code: 65, texts: ["tokenizer.model"],
      isTriedOnRanks: true
    ) {
      try $0.configure()
      try $0.folder.write("not a model", to: "tokenizer.model")
    },
    Fault(name: "an index that is not one", code: 65, texts: ["icons/index.json"]) {
      try $0.configure()
      try $0.folder.write("{\"version\": 1, \"shards\":", to: "records/icons/index.json")
    },
    Fault(
      name: "an output folder that cannot be made", arguments: ["--output", "run.yaml/out"],
      code: 74, texts: ["run.yaml/out: cannot be written: Not a directory. Check the folder"],
      isTriedOnRanks: true
    ) { try $0.configure() },
    Fault(
      name: "no checkpoint to start from", code: 64,
      texts: ["elsewhere", "Name a step's folder or a run's folder"]
    ) { try $0.configure("init: elsewhere") },
    Fault(
      name: "a checkpoint to resume that is none", arguments: ["--resume", "records"], code: 64,
      texts: ["records", "Name a step's folder or a run's folder"]
    ) { try $0.configure() },
  ]
}

extension TrainingWorld {
  /// Writes the run file with every `old` in it replaced.
  func configure(steps: Int = 20, _ more: String = "", replacing old: String, by new: String) throws
  {
    let text = Self.runFile(steps: steps).replacingOccurrences(of: old, with: new)
    try folder.write(text + more + "\n", to: "run.yaml")
  }

  /// Changes bytes of a file in place.
  func damage(_ name: String, _ change: (inout Data) -> Void) throws {
    var data = try folder.data(name)
    change(&data)
    try data.write(to: folder.file(name))
  }
}
