// swift-tools-version: 6.2
import PackageDescription

// A package as another would be: it knows MaskSub by its dependency alone. Elsewhere the dependency is
// .package(url: "…/masksub.git", from: "0.11.0").
let package = Package(
  name: "Examples",
  platforms: [.macOS(.v26)],
  dependencies: [.package(name: "masksub", path: "../..")],
  targets: ["Logits", "OwnArrays", "FinetuneBERT", "OwnFamily"].map {
    .executableTarget(name: $0, dependencies: [.product(name: "MaskSub", package: "masksub")])
  }
)
