import SubCore
import SubNN

/// The image tower: a vision transformer over patches and a class token. Keys as open_clip's `visual.`.
final class ClipImageTower: Module {
  let classEmbedding, positionalEmbedding, proj, conv1: Parameter
  let lnPre: LayerNorm
  let transformer: ClipTransformer
  let lnPost: LayerNorm
  private let config: ClipConfig.Image

  init(_ config: ClipConfig) {
    let image = config.image
    self.config = image
    let scale = Initializer.normal(deviation: 1 / Double(image.width).squareRoot())
    classEmbedding = Parameter([image.width], scale)
    positionalEmbedding = Parameter([image.patches + 1, image.width], scale)
    proj = Parameter([image.width, config.embedWidth], scale)
    let fanIn = 3 * image.patch * image.patch
    conv1 = Parameter(
      [image.width, 3, image.patch, image.patch], .uniform(bound: 1 / Double(fanIn).squareRoot()), key: "conv1.weight")
    lnPre = LayerNorm(image.width, epsilon: 1e-5)
    transformer = ClipTransformer(
      (0..<image.layers).map { _ in
        ClipBlock(
          width: image.width, heads: image.heads, mlpWidth: image.mlpWidth, isCausal: false, config.activation,
          .image(width: image.width, mlpWidth: image.mlpWidth))
      })
    lnPost = LayerNorm(image.width, epsilon: 1e-5)
  }

  /// images [B, 3, S, S] → the embeddings of the patches named (all for nil), [K, D], without positions.
  func embed(_ images: Tensor, _ patches: Tensor?) -> Tensor {
    images.patches(of: config.patch, patches).linear(conv1.tensor)
  }

  /// images [B, 3, S, S] → features [N, E], not normalised, of the images `kept` starts at: `kept` lists the patches of
  /// every image wanted, equally many of each. Patches that are left out are never embedded; `stem` holds those of all
  /// images where they are there already.
  func callAsFunction(_ images: Tensor, stem: Tensor?, first: Int, kept: [[Int]], _ pass: Pass) -> Tensor {
    precondition(
      images.shape.rank == 4 && images.shape[2] == config.size && images.shape[3] == config.size,
      "CLIP: images \(images.shape), the model's side is \(config.size)")
    let (count, length) = (kept.count, kept.first?.count ?? 0)
    let device = images.device
    let patches = kept.enumerated().flatMap { image, list in list.map { (first + image) * config.patches + $0 } }
    let positions = kept.flatMap { [0] + $0.map { 1 + $0 } }
    let chosen = Tensor(indices: patches, on: device)
    let isWhole = patches.count == images.shape[0] * config.patches
    let embedded = stem.map { isWhole ? $0 : $0.gatherRows(chosen) } ?? embed(images, chosen)
    let x = embedded.prefixed(by: classEmbedding.tensor, samples: count)
      .addingRows(of: positionalEmbedding.tensor, Tensor(indices: positions, on: device))
    let rows = ClipRows(
      all: Segments(count: count, length: length + 1, on: device), one: Segments(count: count, length: 1, on: device),
      pooled: Tensor(indices: (0..<count).map { $0 * (length + 1) }, on: device), first: first)
    return transformer(lnPre(x), rows, norm: lnPost, pass).linear(proj.tensor.transposed())
  }
}
