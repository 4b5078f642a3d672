// swift-tools-version: 6.2
import PackageDescription

let kernelUnits = [
  "elementwise", "axes", "rows", "losses", "norm", "sums", "optimizers", "attention", "tiles_forward",
  "tiles_backward", "tiles_bias", "fragments", "batch_norm", "convolution", "grids",
]

// Targets stand in level order: a target imports only targets above it in this file.
let package = Package(
  name: "masksub",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "masksub", targets: ["SubMain"]),
    // All of it by one import, or a level with what is below it. The levels stand here too: a program that imports them
    // through MaskSub alone would not be compiled again when one of them changes.
    .library(
      name: "MaskSub",
      targets: ["MaskSub", "SubCore", "SubData", "SubNN", "SubTrain", "VisionSub", "TextSub", "ClipSub"]),
    .library(name: "SubCore", targets: ["SubCore"]),
    .library(name: "SubData", targets: ["SubData"]),
    .library(name: "SubNN", targets: ["SubNN"]),
    .library(name: "SubTrain", targets: ["SubTrain"]),
    .library(name: "VisionSub", targets: ["VisionSub"]),
    .library(name: "TextSub", targets: ["TextSub"]),
    .library(name: "ClipSub", targets: ["ClipSub"]),
    .library(name: "CudaTwin", type: .dynamic, targets: ["CudaTwin"]),
  ],
  dependencies: [],
  targets: [
    // 1  C and system libraries.
    .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CWebP", pkgConfig: "libwebpdemux", providers: [.apt(["libwebp-dev"])]),
    .target(
      name: "CSubImage", dependencies: ["CJPEG", "CPNG", "CWebP"],
      // Debian 13's libwebpdemux no longer names it.
      linkerSettings: [.linkedLibrary("webp")]),
    .target(
      name: "CSubKernels", dependencies: ["COneDNN"],
      linkerSettings: [.linkedLibrary("dnnl"), .linkedLibrary("gomp"), .linkedLibrary("m")]),
    .target(name: "CSystem"),
    // The texts of the CUDA kernels, embedded: a compiler at run time makes them, so nothing of CUDA is needed here.
    .target(name: "CCudaKernels", exclude: kernelUnits.map { "\($0).cu" } + ["prelude.cuh", "attention_tiles.cuh"]),
    // 2  Tensors, the tape, operations, backends, random keys.
    .target(name: "SubCore", dependencies: ["CSubKernels", "CCudaKernels", "CSystem"]),
    // 3  Files, text, images, loaders: plain host values, never a Tensor.
    .target(name: "SubData", dependencies: ["SubCore", "CSubImage", "CSystem", "CZlib"]),
    // 4  Modules, layers, losses, optimizers.
    .target(name: "SubNN", dependencies: ["SubCore"]),
    // 5  The method, the loop, checkpoints.
    .target(name: "SubTrain", dependencies: ["SubCore", "SubData", "SubNN", "CSystem"]),
    // 6  One target per modality; CLIP's image tower is VisionSub's transformer.
    .target(name: "VisionSub", dependencies: ["SubCore", "SubData", "SubNN", "SubTrain"]),
    .target(name: "TextSub", dependencies: ["SubCore", "SubData", "SubNN", "SubTrain"]),
    .target(name: "ClipSub", dependencies: ["SubCore", "SubData", "SubNN", "SubTrain", "VisionSub"]),
    // 7  One import for users of the package.
    .target(
      name: "MaskSub", dependencies: ["SubCore", "SubData", "SubNN", "SubTrain", "VisionSub", "TextSub", "ClipSub"]),
    // 8  The tool. Its malloc ends it with one line where memory is out, which is no program's but its own affair.
    .target(name: "COutOfMemory"),
    .target(
      name: "SubTool",
      dependencies: ["SubCore", "SubData", "SubNN", "SubTrain", "VisionSub", "TextSub", "ClipSub", "CSystem"]),
    // Not named like its program: a file system may take masksub and MaskSub for one.
    .executableTarget(name: "SubMain", dependencies: ["SubTool", "COutOfMemory"], path: "Sources/masksub"),
    // A CUDA device on the host, of the same kernel texts: for tests alone.
    .target(
      name: "CudaTwin", path: "Tests/CudaTwin",
      cxxSettings: [
        .headerSearchPath("../../Sources/CCudaKernels"),
        // Kernels write pairs of bf16 as words.
        .unsafeFlags(["-O2", "-fvisibility=hidden", "-fno-strict-aliasing"]),
      ]),
    // Has every test program take the twin for a CUDA device.
    .target(name: "CTwinPath", path: "Tests/TwinPath"),
    // Tests mirror Sources.
    .target(
      name: "TinyNetworks", dependencies: ["SubCore", "SubData", "SubNN", "SubTrain", "TextSub", "ClipSub"],
      path: "Tests/TinyNetworks"),
    .target(name: "TraceCases", dependencies: ["SubData", "SubCore"], path: "Tests/TraceCases"),
    // All levels, as the product names them: what is only re-exported is not compiled again when it changes.
    .testTarget(
      name: "OutsideTests",
      dependencies: [
        "MaskSub", "SubCore", "SubData", "SubNN", "SubTrain", "VisionSub", "TextSub", "ClipSub", "TestSupport",
      ]),
    .testTarget(name: "SubCoreTests", dependencies: ["SubCore", "CSystem", "CTwinPath", "TestSupport"]),
    .testTarget(
      name: "SubDataTests", dependencies: ["SubData", "SubCore", "CZlib", "TestSupport"], resources: [.copy("Fixtures")]
    ),
    .testTarget(
      name: "SubNNTests", dependencies: ["SubNN", "SubData", "SubCore"], resources: [.copy("Fixtures")]),
    .target(name: "TestSupport", dependencies: ["SubData", "SubCore", "CTwinPath"], path: "Tests/TestSupport"),
    .testTarget(
      name: "SubTrainTests", dependencies: ["SubTrain", "SubNN", "SubData", "SubCore", "TestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "VisionSubTests",
      dependencies: ["VisionSub", "SubTrain", "SubNN", "SubData", "SubCore", "TraceCases", "TestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "TextSubTests",
      dependencies: [
        "TextSub", "SubTrain", "SubNN", "SubData", "SubCore", "TraceCases", "TestSupport", "TinyNetworks",
      ],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "ClipSubTests", dependencies: ["ClipSub", "SubTrain", "SubNN", "SubData", "SubCore", "TestSupport"]),
    .testTarget(
      name: "SubToolTests",
      dependencies: [
        "SubTool", "VisionSub", "TextSub", "ClipSub", "SubTrain", "SubNN", "SubData", "SubCore", "CSystem",
        "TestSupport", "TinyNetworks",
      ],
      exclude: ["Snapshots"]),
    // Every reader on damaged input; MASKSUB_FUZZ=1000000 makes a campaign of it.
    .testTarget(
      name: "FuzzTests",
      dependencies: ["VisionSub", "TextSub", "ClipSub", "SubTrain", "SubData", "SubCore", "CSystem", "TestSupport"],
      exclude: ["Corpus"]),
    .testTarget(
      name: "BudgetTests",
      dependencies: ["VisionSub", "TextSub", "ClipSub", "SubTrain", "SubNN", "SubData", "SubCore", "TinyNetworks"],
      resources: [.copy("allocations.json")]),
  ],
  cxxLanguageStandard: .cxx20
)

for target in package.targets where target.type != .system {
  guard !target.name.hasPrefix("C") || target.name.hasPrefix("ClipSub") else { continue }
  target.swiftSettings = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
  ]
}
