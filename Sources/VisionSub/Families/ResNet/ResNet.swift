public import SubCore
public import SubNN

/// ResNet (He et al. 2016) in the form of timm and torchvision, whose keys it has: `conv1`, `bn1`, `layer1.0` …, `fc`.
/// Between layers the channels of a pixel lie side by side. Masked cells (32 × 32 pixels) are set to zero, the mean of
/// normalised images.
public final class ResNet: Module, VisionModel {
  /// What kind it is.
  public let config: ResNetConfig
  private let conv1: Convolution
  private let bn1: BatchNorm
  private let layer1, layer2, layer3, layer4: [ResidualBlock]
  private let fc: Linear

  /// A model that gets its memory from a `ParameterSet`.
  public init(_ config: ResNetConfig) {
    precondition(config.depths.count == 4 && config.widths.count == 4, "ResNet: \(config.depths), \(config.widths)")
    self.config = config
    conv1 = Convolution(3, ResNetConfig.stemWidth, kernel: 7, stride: 2)
    bn1 = BatchNorm(ResNetConfig.stemWidth)
    let count = config.depths.reduce(0, +)
    func stage(_ number: Int) -> [ResidualBlock] {
      let (width, before) = (config.widths[number], config.depths.prefix(number).reduce(0, +))
      let inputs = number == 0 ? ResNetConfig.stemWidth : config.widths[number - 1] * config.block.expansion
      return (0..<config.depths[number]).map { block in
        let depth = Float(before + block) / Float(max(1, count - 1))
        return ResidualBlock(
          block == 0 ? inputs : width * config.block.expansion, width, config.block,
          stride: block == 0 && number > 0 ? 2 : 1,
          dropPath: config.dropPath * depth, depth: depth)
      }
    }
    (layer1, layer2, layer3, layer4) = (stage(0), stage(1), stage(2), stage(3))
    // torch's linear default.
    let bound = Initializer.uniform(bound: 1 / Double(config.features).squareRoot())
    fc = Linear(config.features, config.classes, weights: bound, biases: bound)
  }

  public var classes: Int { config.classes }
  public var imageSize: Int { config.imageSize }
  // The last stage shrinks images 32 times.
  public var fewestSamples: Int { config.imageSize > 32 ? 1 : 2 }

  /// A ResNet embeds no patches.
  public func freezePatchEmbedding() {}
  /// Masking hides pixels: nothing is common to both branches.
  public func stem(_ images: Tensor) -> Tensor? { nil }

  public func callAsFunction(_ images: Tensor, stem: Tensor?, _ pass: Pass) -> Tensor {
    fc(features(images, stem: stem, pass), wide: true)
  }

  public func features(_ images: Tensor, _ pass: Pass) -> Tensor? { features(images, stem: nil, pass) }

  /// The stages are `layer1` … `layer4`.
  public func featureMaps(_ images: Tensor, behind stages: [Int], _ pass: Pass) -> [Tensor]? {
    precondition(stages.allSatisfy { config.depths.indices.contains($0) }, "ResNet: stages \(stages)")
    let ends = stages.map { config.depths.prefix($0 + 1).reduce(0, +) - 1 }
    guard let last = ends.max() else { return [] }
    var (x, maps) = (entrance(images, pass), [Int: Tensor]())
    for (index, block) in blocks.prefix(last + 1).enumerated() {
      x = block.run(x, isLast: index == last, pass.at(index))
      if ends.contains(index) { maps[index] = x }
    }
    return ends.map { maps[$0]! }
  }

  private func features(_ images: Tensor, stem: Tensor?, _ pass: Pass) -> Tensor {
    var x = entrance(images, pass)
    let depth = config.depths.reduce(0, +)
    for (index, block) in blocks.enumerated() { x = block.run(x, isLast: index == depth - 1, pass.at(index)) }
    let samples = Segments(count: x.shape[0], length: x.shape[1] * x.shape[2], on: x.device)
    return x.segmentMean(samples)
  }

  private var blocks: [ResidualBlock] { layer1 + layer2 + layer3 + layer4 }

  /// What the first block reads: [N, H/4, W/4, C].
  private func entrance(_ images: Tensor, _ pass: Pass) -> Tensor {
    precondition(images.shape.rank == 4 && images.shape[1] == 3, "ResNet: images \(images.shape)")
    let pixels = masked(images, pass).channelsLast()
    return bn1(conv1(pixels), pass, BatchNormOptions(isRectified: true)).maxPool(3, stride: 2, padding: 1)
  }

  /// The images of a trip, with zeros in the cells that it hides.
  private func masked(_ images: Tensor, _ pass: Pass) -> Tensor {
    let (down, across) = (images.shape[2] / config.cell, images.shape[3] / config.cell)
    let hidden = pass.masking?.hidden(
      rows: images.shape[0], count: down * across, first: pass.firstSample, pass.key.fold("mask"))
    guard let hidden, !hidden.isEmpty else { return images }
    return images.clearingCells(Tensor(indices: hidden, on: images.device), of: config.cell)
  }
}
