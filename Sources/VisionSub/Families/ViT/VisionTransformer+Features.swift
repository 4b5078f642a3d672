public import SubCore
public import SubNN

extension VisionTransformer {
  /// The tokens behind some of the blocks, [N, T, D] each, in the order asked for: class token, then patches in raster
  /// order, of which a trip may have removed some. Blocks are counted from 0, and none is computed behind the last of
  /// them. `normed`: through the norm behind the last block, where there is one. timm's `forward_intermediates`.
  public func tokens(_ images: Tensor, behind blocks: [Int], normed: Bool = false, _ pass: Pass) -> [Tensor] {
    let count = images.shape[0]
    let kept = keptPatches(images: count, pass)
    let (tokens, rows, pass) = sequences(images, stem: nil, of: 0..<count, kept: kept, pass)
    return transformer(tokens, rows, behind: blocks, normed: normed, pass).map { $0.reshaped(count, -1, config.width) }
  }

  /// Every block is a stage; the class token is in no map, nor may a trip remove patches.
  public func featureMaps(_ images: Tensor, behind stages: [Int], _ pass: Pass) -> [Tensor]? {
    precondition(
      pass.masking == nil || config.masked == .replaced, "VisionTransformer: feature maps of some patches alone")
    return tokens(images, behind: stages, pass).map {
      $0.slice(1..., axis: 1).reshaped([images.shape[0], config.grid, config.grid, config.width])
    }
  }
}
