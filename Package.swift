// swift-tools-version: 6.1
import PackageDescription

/// A C library from the system, found by pkg-config and installed by `launch/setup`.
func library(_ name: String, pkgConfig: String, package: String) -> Target {
  .systemLibrary(name: name, path: "Sources/Libraries/\(name)", pkgConfig: pkgConfig,
                 providers: [.apt([package])])
}

let argumentParser: Target.Dependency =
  .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "coca",
  products: [
    .executable(name: "coca-train", targets: ["coca-train"]),
    .executable(name: "coca-shard", targets: ["coca-shard"]),
    .executable(name: "coca-eval", targets: ["coca-eval"]),
    .executable(name: "coca-convert", targets: ["coca-convert"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // Floor 0: C libraries and the vector kernels.
    library("CMPISystem", pkgConfig: "ompi-c", package: "libopenmpi-dev"),
    library("COpenBLAS", pkgConfig: "openblas", package: "libopenblas-dev"),
    library("CZstd", pkgConfig: "libzstd", package: "libzstd-dev"),
    library("CXXHash", pkgConfig: "libxxhash", package: "libxxhash-dev"),
    library("CSentencePieceSystem", pkgConfig: "sentencepiece", package: "libsentencepiece-dev"),
    library("CTurboJPEG", pkgConfig: "libturbojpeg", package: "libturbojpeg0-dev"),
    library("CSpng", pkgConfig: "spng", package: "libspng-dev"),
    library("CWebP", pkgConfig: "libwebp", package: "libwebp-dev"),
    library("CWebPDemux", pkgConfig: "libwebpdemux", package: "libwebp-dev"),
    library("CGIF", pkgConfig: "libgif", package: "libgif-dev"),
    library("CZlib", pkgConfig: "zlib", package: "zlib1g-dev"),
    library("CArchive", pkgConfig: "libarchive", package: "libarchive-dev"),
    .target(name: "CMPI", dependencies: ["CMPISystem"]),
    .target(name: "CSentencePiece", dependencies: ["CSentencePieceSystem"]),
    .target(name: "CKernels", linkerSettings: [.linkedLibrary("m"), .linkedLibrary("pthread")]),
    .target(name: "CResample"),

    // Floor 1: what knows nothing of a model.
    .target(name: "Checksums", dependencies: ["CXXHash"]),
    .target(name: "JSON"),
    .target(name: "RunFile", dependencies: ["JSON"]),
    .target(name: "TensorBoard"),
    .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS"]),
    .target(name: "Collectives", dependencies: ["CKernels", "CMPI"]),
    .target(name: "Records", dependencies: ["Checksums", "CXXHash", "CZstd", "JSON"]),
    .target(name: "Text", dependencies: ["CSentencePiece", "CZlib", "Tensors"]),

    // Floor 2: gradients; pictures.
    .target(name: "Autograd", dependencies: ["Tensors"]),
    .target(name: "Images",
            dependencies: [
              "CGIF", "CResample", "CTurboJPEG", "CSpng", "CWebP", "CWebPDemux", "Tensors",
            ]),

    // Floor 3: the paper, and what feeds, updates and keeps it.
    .target(name: "CoCaModel",
            dependencies: ["Autograd", "Collectives", "JSON", "RunFile", "Tensors", "Text"]),
    .target(name: "Optimizers",
            dependencies: ["Autograd", "CKernels", "Collectives", "RunFile", "Tensors"]),
    .target(
      name: "Pipeline",
      dependencies: ["Checksums", "Images", "Records", "RunFile", "Tensors", "Text"]),
    .target(name: "Packing",
            dependencies: [
              "CArchive", "CXXHash", "Images", "JSON", "Records", "Tensors", "Text",
            ]),
    .target(name: "Statistics", dependencies: ["CXXHash", "Images", "Records", "Text"]),
    .target(name: "Checkpoints", dependencies: ["Checksums", "JSON", "Tensors", "CZlib"]),

    // Floors 4 and 5: what uses a model, and what trains one.
    .target(name: "OpenCLIP",
            dependencies: ["Autograd", "Checkpoints", "CoCaModel", "JSON", "Tensors", "Text"]),
    .target(name: "Evaluation",
            dependencies: [
              "Autograd", "Checkpoints", "CoCaModel", "Collectives", "Images", "OpenCLIP",
              "Pipeline", "Records", "Tensors", "Text",
            ]),
    .target(
      name: "PyTorch", dependencies: ["Checkpoints", "Evaluation"],
      resources: [.embedInCode("coca.py")]),
    .target(name: "Training",
            dependencies: [
              "Autograd", "Checkpoints", "Checksums", "CoCaModel", "Collectives", "Evaluation",
              "OpenCLIP", "Optimizers", "Images", "JSON", "Pipeline", "Records", "RunFile",
              "TensorBoard", "Tensors", "Text",
              .product(name: "Logging", package: "swift-log"), "Yams",
            ]),

    // Floor 5 too: this program beside the truth that others computed.
    .target(name: "Parity",
            dependencies: [
              "Autograd", "Checkpoints", "CoCaModel", "Collectives", "OpenCLIP", "Optimizers",
              "Tensors", "Text",
            ], path: "Sources/Checks/Parity"),

    // Floor 6: commands.
    .executableTarget(
      name: "coca-train",
      dependencies: ["Collectives", "Records", "Tensors", "Training", argumentParser]),
    .executableTarget(
      name: "coca-shard",
      dependencies: ["Packing", "Records", "Statistics", "Text", argumentParser]),
    .executableTarget(
      name: "coca-eval",
      dependencies: ["Collectives", "Evaluation", "Records", "Tensors", "Text", argumentParser]),
    .executableTarget(
      name: "coca-convert",
      dependencies: [
        "Checkpoints", "CoCaModel", "Collectives", "Evaluation", "JSON", "OpenCLIP", "PyTorch",
        "Records", "Text", "Training", argumentParser,
      ]),

    // Floor 6 too: what launch/ runs to measure and to check.
    .executableTarget(
      name: "coca-bench",
      dependencies: [
        "Autograd", "Checkpoints", "CoCaModel", "Collectives", "Images", "Optimizers", "Packing",
        "Pipeline", "Records", "Tensors", "Text", argumentParser,
      ]),
    .executableTarget(
      name: "parity-check", dependencies: ["Collectives", "Parity", "Tensors", argumentParser],
      path: "Sources/Checks/parity-check"),
    .executableTarget(
      name: "ranks-check", dependencies: ["Collectives"], path: "Sources/Checks/ranks-check"),
    .executableTarget(
      name: "inputs-check", dependencies: ["Images", "Text"],
      path: "Sources/Checks/inputs-check"),

    .target(name: "TestSupport",
            dependencies: ["Autograd", "Collectives", "Records", "Tensors", "Text"],
            path: "Tests/TestSupport"),
    .testTarget(name: "JSONTests", dependencies: ["JSON"]),
    .testTarget(name: "RunFileTests", dependencies: ["JSON", "RunFile"]),
    .testTarget(
      name: "TensorBoardTests", dependencies: ["TensorBoard", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "CKernels"]),
    .testTarget(
      name: "CollectivesTests", dependencies: ["Collectives", "TestSupport", "ranks-check"]),
    .testTarget(name: "RecordsTests", dependencies: ["Records", "CZstd", "TestSupport"]),
    .testTarget(
      name: "TextTests", dependencies: ["Text", "Tensors", "CZlib", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(name: "AutogradTests", dependencies: ["Autograd", "Tensors", "TestSupport"]),
    .testTarget(
      name: "ImagesTests",
      dependencies: ["Images", "Tensors", "CTurboJPEG", "CSpng", "CWebP", "CWebPDemux"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "CoCaModelTests",
      dependencies: ["CoCaModel", "Autograd", "Collectives", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "OptimizersTests",
      dependencies: ["Optimizers", "Autograd", "Collectives", "Tensors", "TestSupport"]),
    .testTarget(
      name: "PipelineTests",
      dependencies: ["Pipeline", "Records", "Images", "TestSupport", "Text"]),
    .testTarget(
      name: "PackingTests",
      dependencies: ["CZlib", "CZstd", "Images", "Packing", "Records", "TestSupport"]),
    .testTarget(
      name: "StatisticsTests",
      dependencies: ["Images", "Records", "Statistics", "TestSupport", "Text"]),
    .testTarget(
      name: "CheckpointsTests", dependencies: ["Checkpoints", "Tensors", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "OpenCLIPTests",
      dependencies: [
        "Autograd", "Checkpoints", "CoCaModel", "JSON", "OpenCLIP", "Tensors", "TestSupport",
      ], exclude: ["Fixtures"]),
    .testTarget(
      name: "ParityTests",
      dependencies: ["CoCaModel", "Collectives", "Parity", "Tensors", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "EvaluationTests",
      dependencies: [
        "Checkpoints", "CoCaModel", "Collectives", "Evaluation", "Images", "OpenCLIP", "Pipeline",
        "Records", "Tensors", "TestSupport", "Text",
      ]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Training", "Autograd", "Checkpoints", "CoCaModel", "Collectives", "Evaluation", "Images",
        "JSON", "OpenCLIP", "Optimizers", "Pipeline", "Records", "RunFile", "Tensors", "TestSupport",
        "Text", "coca-train", "coca-convert",
      ]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "Checkpoints", "CoCaModel", "Evaluation", "Images", "JSON", "OpenCLIP", "Records", "Tensors",
        "TestSupport", "coca-train", "coca-shard", "coca-eval", "coca-convert",
      ]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu17,
  cxxLanguageStandard: .cxx17
)
