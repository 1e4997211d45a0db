import ArgumentParser
import Records

@main
struct CocaConvert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coca-convert",
    abstract: "Brings open_clip's CoCa models in and out, and shows what a file of weights holds.",
    discussion: """
      A checkpoint made by `import` serves as `init:` of a run file and for coca-eval; with
      --optimizer also for `coca-train --resume`. `export` writes a folder that open_clip loads.

      EXAMPLE
        coca-convert import CoCa-ViT-B-32 --to models/coca
        coca-convert inspect models/coca
        coca-convert export runs/birds --to birds-open-clip --format openclip
      """,
    version: programVersion,
    subcommands: [Import.self, Export.self, Inspect.self])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      Failure.exit(error)
    }
  }
}
