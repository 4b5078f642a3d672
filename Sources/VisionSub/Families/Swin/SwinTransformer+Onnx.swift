import SubCore
public import SubData
import SubNN
public import SubTrain

extension SwinConfig {
  public func onnxLogits(_ images: OnnxGraph.Value, in network: inout OnnxNetwork) -> OnnxGraph.Value? {
    var x = network.graph(
      "Conv", images, network.weight("patch_embed.proj.weight"), network.weight("patch_embed.proj.bias"),
      attributes: [
        ("kernel_shape", .integers([patchSize, patchSize])), ("strides", .integers([patchSize, patchSize])),
      ])
    x = network.graph("Reshape", x, network.graph.integers([0, width, grid(0) * grid(0)]))
    x = network.graph("Transpose", x, attributes: [("perm", .integers([0, 2, 1]))])
    x = network.layerNorm(x, "patch_embed.norm", epsilon: epsilon)
    for stage in depths.indices {
      if stage > 0 { x = onnxMerged(x, stage, in: &network) }
      let blocks = blocks(stage)
      for block in 0..<depths[stage] {
        let name = "layers.\(stage).blocks.\(block)"
        x = network.block(x, name, blocks) { onnxAttention($1, "\(name).attn", stage, block, blocks, in: &$0) }
      }
    }
    return network.linear(network.meanOfTokens(network.layerNorm(x, "norm", epsilon: epsilon)), "head.fc")
  }

  /// Attention within windows, by the very places that the model's own has.
  private func onnxAttention(
    _ x: OnnxGraph.Value, _ name: String, _ stage: Int, _ block: Int, _ blocks: TransformerConfig,
    in network: inout OnnxNetwork
  ) -> OnnxGraph.Value {
    let (grid, side) = (grid(stage), min(window, grid(stage)))
    let shift = block % 2 == 0 || grid <= window ? 0 : window / 2
    let windows = Windows(
      samples: 1, grid: (grid, grid), window: (side, side), shift: (shift, shift), on: .cpu)
    let (places, area) = (windows.places, side * side)
    var how = OnnxNetwork.Attention(windows: (places.count / area, area))
    let table = "\(name).relative_position_bias_table"
    how.biases = [network.relativeBias(table, RelativePositions(grid: side), heads: blocks.heads)]
    if let regions = windows.regionList {
      // Pixels that only the shift has made neighbours do not see each other.
      let mask = stride(from: 0, to: places.count, by: area).flatMap { first in
        (0..<area * area).map { pair -> Float in
          regions[first + pair / area] == regions[first + pair % area] ? 0 : -.infinity
        }
      }
      let shape = [places.count / area, 1, area, area]
      how.biases.append(network.graph.constant("layers.\(stage).shifted", HostArray(mask, shape: shape)))
    }
    let mixed = network.attention(gathered(x, places, grid * grid, in: &network), name, blocks, how)
    var back = [Int](repeating: 0, count: grid * grid)
    for (place, row) in places.enumerated() where row >= 0 { back[Int(row)] = place }
    return network.graph("Gather", mixed, network.graph.integers(back), attributes: [("axis", .integer(1))])
  }

  /// 2 × 2 tokens made one of twice the width.
  private func onnxMerged(_ x: OnnxGraph.Value, _ stage: Int, in network: inout OnnxNetwork) -> OnnxGraph.Value {
    let (grid, side) = (grid(stage - 1), grid(stage))
    let places = (0..<4 * side * side).map { number -> Int32 in
      let (cell, part) = (number / 4, number % 4)
      let (row, column) = (cell / side * 2 + part % 2, cell % side * 2 + part / 2)
      return row < grid && column < grid ? Int32(row * grid + column) : -1
    }
    let cells = network.graph(
      "Reshape", gathered(x, places, grid * grid, in: &network),
      network.graph.integers([0, side * side, 4 * width(stage - 1)]))
    let name = "layers.\(stage).downsample"
    return network.linear(network.layerNorm(cells, "\(name).norm", epsilon: epsilon), "\(name).reduction")
  }

  /// The tokens [N, places, C] of [N, L, C]; zeros at the places -1.
  private func gathered(_ x: OnnxGraph.Value, _ places: [Int32], _ count: Int, in network: inout OnnxNetwork)
    -> OnnxGraph.Value
  {
    var x = x
    if places.contains(-1) {
      x = network.graph("Pad", x, network.graph.integers([0, 0, 0, 0, 1, 0]))
    }
    let rows = network.graph.integers(places.map { $0 < 0 ? count : Int($0) })
    return network.graph("Gather", x, rows, attributes: [("axis", .integer(1))])
  }
}
