import ArgumentParser
import Records

@main
struct CocaConvert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coca-convert",
    abstract: "Imports and exports open_clip's CoCa models, and shows files of weights.",
    discussion: """
      A checkpoint made by `import` can be used as `init:` in a run file and by coca-eval; with \
      --optimizer also by `coca-train --resume`. `export` writes a folder that open_clip loads.

      EXAMPLE
        coca-convert import CoCa-ViT-B-32 --to models/coca
        coca-convert inspect models/coca
        coca-convert export runs/birds --to birds-open-clip --format openclip
      """,
    version: programVersion,
    subcommands: [Import.self, Export.self, Inspect.self])

  static func main() {
    FileSizeSignal.ignore()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      Failure.exit(error)
    }
  }
}
