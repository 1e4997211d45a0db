import Foundation
import TestSupport
import Testing

@Suite("Two runs in one folder", .serialized, .enabled(if: Job.hasLauncher))
struct ClaimTests {
  @Test("the second looks when the first has ended: equal, it is done, else it is refused",
    arguments: [("1", 0, "nothing is left to do"), ("2", 64, "seed")])
  func second(seed: String, code: Int32, text: String) throws {
    let world = try TrainingWorld()
    try world.configure(steps: 2)
    #expect(try world.train(["--set", "seed=1"], output: "first").code == 0)
    try world.folder.write("", to: "out/lock")
    let lock = open(world.folder.file("out/lock").path, O_RDWR | O_CLOEXEC)
    #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
    let job = try world.start(["--set", "seed=\(seed)"])
    usleep(3_000_000)
    for name in try world.folder.names(in: "first") where name != "lock" {
      try FileManager.default.copyItem(
        at: world.folder.file("first/\(name)"), to: world.folder.file("out/\(name)"))
    }
    close(lock)
    let outcome = job.wait()
    #expect(outcome.code == code, "\(outcome.all)")
    #expect(outcome.errors.contains(text), "\(outcome.all)")
    for file in ["checkpoints/latest/model.safetensors", "metrics.jsonl", "status.json"] {
      #expect(try world.folder.data("out/\(file)") == world.folder.data("first/\(file)"), "\(file)")
    }
  }

  @Test("one that waits for a folder that is removed meanwhile makes it anew")
  func removed() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 2)
    try world.folder.write("", to: "out/lock")
    let lock = open(world.folder.file("out/lock").path, O_RDWR | O_CLOEXEC)
    #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
    let job = try world.start()
    usleep(2_000_000)
    try FileManager.default.removeItem(at: world.folder.file("out"))
    close(lock)
    let outcome = job.wait()
    #expect(outcome.code == 0, "\(outcome.all)")
    #expect(try RunResult(world.folder).status.state == "done")
  }
}
