public import SubCore
import SubData
public import SubNN
public import SubTrain

extension ResNetConfig: VisionConfiguration {
  public static var family: any VisionFamily { ResNetFamily() }
  public var cells: MaskGrid { MaskGrid(side: imageSize / cell, pixels: cell) }
  public var hiddenCells: HiddenCells { .zeroed }
  public var published: Naming { .timmResNet }
  public var head: String { "fc" }
  public var decayRule: DecayRule { .vectors }
  /// A residual block has no dropout.
  public var hasDropout: Bool { false }

  public var layers: LayerOrder {
    let depths = depths
    let top = depths.reduce(0, +) + 1
    return LayerOrder(top: top) { name in
      let parts = name.split(separator: ".")
      if name.hasPrefix("conv1.") || name.hasPrefix("bn1.") { return 0 }
      guard parts.count > 2, parts[0].hasPrefix("layer"), let stage = Int(parts[0].dropFirst(5)),
        let block = Int(parts[1])
      else { return top }
      return depths.prefix(stage - 1).reduce(0, +) + block + 1
    }
  }

  public var sizes: [(name: String, value: Int)] {
    [("convolutions of a block", block == .basic ? 2 : 3)] + depths.map { ("blocks", $0) }
      + widths.map { ("width", $0) } + [("classes", classes)]
  }

  /// Layers with weights from images to logits, as the name counts them.
  var depth: Int { depths.reduce(0, +) * (block == .basic ? 2 : 3) + 2 }

  public var summary: String {
    let width = widths[0] == 64 ? "" : ", width \(widths[0])"
    return "ResNet-\(depth), blocks \(depths.map(String.init).joined(separator: "-"))\(width)"
  }

  /// A single width is that of the first stage; each has twice as many channels as the one before.
  public mutating func take(_ sizes: ModelSizes) throws(InputError) {
    try sizes.check(family.name, ["width": 1...4, "depth": 4...4])
    if let first = sizes.width.first { widths = sizes.width.count == 1 ? (0..<4).map { first << $0 } : sizes.width }
    if !sizes.depth.isEmpty { depths = sizes.depth }
  }

  public var timm: TimmModel? {
    TimmModel(
      block == .basic ? "resnet18" : "resnet50",
      [
        "layers": .array(depths.map { .integer(Int64($0)) }), "channels": .array(widths.map { .integer(Int64($0)) }),
      ])
  }

  public func makeModel() -> any VisionModel { ResNet(self) }

  public func validate(at place: String) throws(InputError) {
    let sizes = [imageSize, classes, cell] + depths + widths
    guard depths.count == 4, widths.count == 4, sizes.allSatisfy({ (1...1 << 16).contains($0) }) else {
      throw InputError(
        "sizes \(sizes) of a ResNet", at: place,
        cure: "image, classes, and the blocks and widths of four stages are positive numbers")
    }
    guard dropPath >= 0 && dropPath < 1 else {
      throw InputError("a stochastic depth of \(dropPath)", at: place, cure: "choose a rate from 0 to below 1")
    }
  }

  public func plan(for weights: Weights, of found: any VisionConfiguration) throws -> LoadPlan {
    LoadPlan(mayStart: ["\(head).*"], starts: try startedHead(weights, reading: features))
  }
}
