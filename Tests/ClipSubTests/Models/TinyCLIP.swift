import ClipSub
import SubCore
import SubNN
import SubTrain

/// A CLIP of a few hundred weights with formulas for values, as in the tests' golden numbers.
struct TinyCLIP {
  let model: CLIP
  let set: ParameterSet

  static func config(_ activation: Activation) -> ClipConfig {
    var config = ClipConfig()
    config.embedWidth = 3
    config.activation = activation
    config.image.size = 4
    config.image.patch = 2
    (config.image.width, config.image.layers, config.image.heads, config.image.mlpWidth) = (4, 1, 2, 8)
    config.text.contextLength = 5
    config.text.vocabularySize = 9
    (config.text.width, config.text.layers, config.text.heads, config.text.mlpWidth) = (4, 1, 2, 8)
    return config
  }

  init(_ config: ClipConfig, dtype: DType = .f64, on device: Device = .reference) {
    model = CLIP(config)
    set = ParameterSet(model, dtype: dtype, on: device, key: RandomKey(seed: 4))
  }

  /// Element k of parameter j: 0.5 sin(0.37 (k + 1) + 0.1 j); norms' weights 1 + 0.1 of that; logit_scale 1.
  func fillWithWaves() {
    let block = [
      "ln_1.weight", "ln_1.bias", "attn.in_proj_weight", "attn.in_proj_bias", "attn.out_proj.weight",
      "attn.out_proj.bias", "ln_2.weight", "ln_2.bias", "mlp.c_fc.weight", "mlp.c_fc.bias", "mlp.c_proj.weight",
      "mlp.c_proj.bias",
    ]
    let order =
      [
        "positional_embedding", "text_projection", "logit_scale", "visual.class_embedding",
        "visual.positional_embedding", "visual.proj", "visual.conv1.weight", "visual.ln_pre.weight",
        "visual.ln_pre.bias",
      ] + block.map { "visual.transformer.resblocks.0." + $0 } + ["visual.ln_post.weight", "visual.ln_post.bias"]
      + block.map { "transformer.resblocks.0." + $0 } + ["token_embedding.weight", "ln_final.weight", "ln_final.bias"]
    precondition(Set(order) == Set(set.parameters.flatMap { Naming.openClip.names(of: $0.name) }))
    for parameter in set.parameters {
      let name = Naming.openClip.names(of: parameter.name)[0]
      let number = Double(order.firstIndex(of: name)!)
      let isNorm = name.contains("ln_") && name.hasSuffix("weight")
      let values = (0..<parameter.shape.count).map { element in
        let wave = 0.5 * sine(0.37 * Double(element + 1) + 0.1 * number)
        return parameter.name == "logit_scale" ? 1 : isNorm ? 1 + 0.1 * wave : wave
      }
      parameter.value.write(HostArray(values, shape: parameter.shape.dimensions, dtype: .f64))
    }
  }
}
