import Foundation
import TestSupport
import Testing

@Suite("coca-train --dry-run", .serialized)
struct DryRunTests {
  private let world: PackedWorld

  init() throws {
    world = try PackedWorld()
    let outcome = try world.shard("tokenizer", "data/nine", "--to", "t.model")
    guard outcome.code == 0 else { throw PackedWorld.Failure(text: outcome.all) }
    try world.folder.write(
      "model: tiny\ntokenizer: t.model\ndata: [{records: data/nine}]\nbatch: 6\nsteps: 40\n",
      to: "run.yaml")
  }

  @Test("prints model, data and memory once, and writes nothing")
  func text() throws {
    let before = try world.folder.files()
    for ranks in Job.hasLauncher ? [nil, 2] : [nil] {
      let outcome = try Job.run(
        "coca-train", ["run.yaml", "--dry-run"], ranks: ranks, in: world.folder.url)
      #expect(outcome.code == 0, "\(outcome.all)")
      #expect(outcome.errorLines.isEmpty, "\(outcome.all)")
      for text in [
        "CoCa with ", "48 px in patches of 8", "2 + 2 layers",
        ranks == 2 ? "2 ranks × " : "1 rank × ", "6 pairs", "40 steps", "memory    about ",
        "        9  100.0%     6.0 ", "  data/nine\n", "FLOP a pair",
      ] { #expect(outcome.output.contains(text), "\(text) in \(outcome.output)") }
      #expect(outcome.output.components(separatedBy: "CoCa with").count == 2)
    }
    #expect(try world.folder.files() == before)
  }

  @Test("--json prints the same as one object, and --set changes what is shown")
  func json() throws {
    let outcome = try Job.run(
      "coca-train", ["run.yaml", "--dry-run", "--json"], in: world.folder.url)
    let header = try #require(
      JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(header["batch"] as? Int == 6 && header["steps"] as? Int == 40)
    #expect(header["parameters"] as? Int ?? 0 > 100_000)
    let memory = header["estimated_memory_bytes"] as? [String: Int]
    #expect(memory?["total"] ?? 0 > 8 * (header["parameters"] as? Int ?? .max))
    #expect(memory?["optimizer"] == 4 * (header["parameters"] as? Int ?? .max))
    let changed = try Job.run(
      "coca-train", ["run.yaml", "--dry-run", "--set", "batch=4", "--set", "model.image.size=64"],
      in: world.folder.url)
    #expect(changed.code == 0, "\(changed.all)")
    #expect(changed.output.contains("4 pairs") && changed.output.contains("64 px"))
  }

  @Test("the estimate is within a tenth of the memory that training takes", arguments: [
    [], ["microbatch=2"], ["recompute=blocks"], ["optimizer.name=adamw", "model.image.size=160"],
    ["optimizer.name=adamw", "model.layout=openclip", "model.poolers=shared"],
  ])
  func memory(settings: [String]) throws {
    let words = (["model.image.size=320", "model.text.context=16", "steps=3"] + settings)
      .flatMap { ["--set", $0] }
    let dry = try Job.run(
      "coca-train", ["run.yaml", "--dry-run", "--json"] + words, in: world.folder.url)
    let header = try #require(
      JSONSerialization.jsonObject(with: Data(dry.output.utf8)) as? [String: Any], "\(dry.all)")
    let memory = try #require(header["estimated_memory_bytes"] as? [String: Int])
    let run = try Job.run(
      "coca-train", ["run.yaml", "--output", "run"] + words, in: world.folder.url)
    let resident = try world.folder.text("run/metrics.jsonl").split(separator: "\n").map {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }.compactMap { $0?["resident_bytes"] as? Int }
    let taken = try #require(resident.max(), "\(run.all)")
    #expect(abs(Double(memory["total"] ?? 0) / Double(taken) - 1) < 0.1, "\(memory), \(taken)")
  }

  @Test("a warm-up longer than the run is warned of")
  func warmup() throws {
    for (steps, count) in [(40, 0), (41, 1)] {
      let outcome = try Job.run(
        "coca-train", ["run.yaml", "--dry-run", "--set", "schedule.warmup=\(steps)"],
        in: world.folder.url)
      #expect(outcome.code == 0 && outcome.errorLines.count == count, "\(outcome.all)")
    }
  }

  @Test("what it finds wrong is not written to a run that is there")
  func leavesRun() throws {
    let stopped = try Job.run(
      "coca-train", ["run.yaml", "--output", "run", "--time-limit", "00:00:00"],
      in: world.folder.url)
    try #require(stopped.code == 75, "\(stopped.all)")
    let status = try world.folder.text("run/status.json")
    let dry = try Job.run(
      "coca-train", ["run.yaml", "--output", "run", "--dry-run", "--set", "data.0.records=none"],
      in: world.folder.url)
    #expect(dry.code != 0, "\(dry.all)")
    #expect(try world.folder.text("run/status.json") == status)
  }

  @Test("more memory than the machine has is warned of, and refused where it would be used")
  func tooMuch() throws {
    let words = ["--set", "batch=100000000"]
    let dry = try Job.run("coca-train", ["run.yaml", "--dry-run"] + words, in: world.folder.url)
    #expect(dry.code == 0 && dry.errors.contains("would need about"), "\(dry.all)")
    let run = try Job.run("coca-train", ["run.yaml"] + words, in: world.folder.url)
    #expect(run.code == 64 && run.errors.contains("set microbatch or recompute"), "\(run.all)")
  }

  @Test("a sharded optimizer's memory falls with the ranks", .enabled(if: Job.hasLauncher))
  func sharded() throws {
    let outcome = try Job.run(
      "coca-train", ["run.yaml", "--dry-run", "--json", "--set", "shard_optimizer=true"], ranks: 2,
      in: world.folder.url)
    let header = try #require(
      JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let memory = header["estimated_memory_bytes"] as? [String: Int]
    #expect(memory?["optimizer"] == 2 * (header["parameters"] as? Int ?? .max))
  }

  @Test("open_clip's layout by a preset's name, or by a mapping on top of coca_ViT-B-32")
  func openCLIP() throws {
    func run(_ changes: String...) throws -> Job.Outcome {
      try Job.run(
        "coca-train", ["run.yaml", "--dry-run"] + changes.flatMap { ["--set", $0] },
        in: world.folder.url)
    }
    let named = try run("model=coca_ViT-B-32")
    #expect(named.output.contains("with 253.6 M parameters"), "\(named.all)")
    let mapped = try run("model={layout: openclip, image: {size: [64, 96], layer_scale: 0.1}}")
    #expect(mapped.output.contains("64 × 96 px in patches of 32"), "\(mapped.all)")
    #expect(mapped.output.contains("(shared)"))
    let mixed = try run("model={preset: tiny, layout: openclip}")
    #expect(mixed.code == 64 && mixed.errors.contains("poolers: layout openclip has one of"))
    let tiny = try run("model={preset: tiny, layout: openclip, poolers: shared}")
    #expect(tiny.code == 0 && tiny.output.contains("(shared)"), "\(tiny.all)")
  }
}
