import SubCore
public import SubData
import SubTrain

// What other programs load.
extension VisionInference {
  /// Writes a folder that `timm.create_model("local-dir:FOLDER", pretrained=True)` loads: `config.json` with the network's
  /// arguments, the preparation of its images and its class names, and `model.safetensors`. Throws an `InputError` for a
  /// network that timm has not.
  public func writeForTimm(to folder: String) throws {
    guard let timm = configuration.timm else { throw unknown("timm") }
    try writeWeights(to: folder, configuration.published)
    var description: JSON.Object = [
      "architecture": .string(timm.architecture), "num_classes": .integer(Int64(configuration.classes)),
      "model_args": .object(timm.arguments),
      "pretrained_cfg": recipe.timmPreparation(of: configuration),
    ]
    if let names = labelNames ?? classNames {
      description["label_names"] = .array(names.map { .string($0) })
      if let classNames, classNames != names {
        let pairs = zip(names, classNames).map { (key: $0, value: JSON.string($1)) }
        description["label_descriptions"] = .object(JSON.Object(pairs))
      }
    }
    try AtomicFile.write(JSON.object(description).text(indent: 2) + "\n", to: FileSystem.join(folder, "config.json"))
  }

  /// Writes a folder that transformers' `AutoModelForImageClassification` and `AutoImageProcessor` load: a ViT whose head
  /// reads the class token. Throws an `InputError` for any other network.
  public func writeForTransformers(to folder: String) throws {
    guard let config = configuration as? VisionTransformerConfig, config.hasPlainBlocks, config.readout == .token else {
      throw unknown("transformers (as a ViT whose head reads the class token)")
    }
    try writeWeights(to: folder, .huggingFaceEncoder)
    let names = classNames ?? (0..<config.classes).map { "LABEL_\($0)" }
    try AtomicFile.write(
      config.huggingFaceJSON(classNames: names).text(indent: 2) + "\n", to: FileSystem.join(folder, "config.json"))
    try AtomicFile.write(
      recipe.preparation.huggingFaceJSON(size: config.imageSize).text(indent: 2) + "\n",
      to: FileSystem.join(folder, "preprocessor_config.json"))
  }

  /// The network as an ONNX graph: `pixel_values` [batch, 3, S, S] → `logits` [batch, classes]. Class names and the
  /// preparation of images stand in its metadata. Throws an `InputError` for a network that cannot be written so.
  public func onnx() throws -> OnnxGraph {
    var network = OnnxNetwork(parameters)
    let side = configuration.imageSize
    let images = network.graph.input("pixel_values", .f32, [.named("batch"), .fixed(3), .fixed(side), .fixed(side)])
    guard let logits = configuration.onnxLogits(images, in: &network) else { throw unknown("ONNX") }
    network.graph.output("logits", logits, [.named("batch"), .fixed(configuration.classes)])
    if let names = classNames {
      network.graph.metadata.append(("label_names", JSON.array(names.map { .string($0) }).text()))
    }
    let preparation = recipe.timmPreparation(of: configuration)
    network.graph.metadata.append(("pretrained_cfg", preparation.text()))
    return network.graph
  }

  private func unknown(_ target: String) -> InputError {
    InputError(
      "a \(configuration.summary) cannot be written for \(target)", at: path,
      cure: "use another form; masksub convert IN OUT.safetensors keeps the weights as they are")
  }

  /// All weights but the mask token, which only pretraining and masking know.
  private func writeWeights(to folder: String, _ naming: Naming) throws {
    let names = WeightNames(naming)
    let arrays =
      (parameters.parameters.map { ($0.name, $0.value.host()) }
      + parameters.buffers.map { ($0.name, $0.value.host()) }).filter { $0.0 != "mask_token" }
    try Safetensors.write(
      names.tensors(arrays), metadata: [("format", "pt")], to: FileSystem.join(folder, "model.safetensors"))
  }
}

extension VisionRecipe {
  /// How images are prepared for evaluation, as timm's `pretrained_cfg` has it.
  func timmPreparation(of configuration: any VisionConfiguration) -> JSON {
    let (side, isFixed) = (configuration.imageSize, configuration.timm?.arguments["img_size"] != nil)
    let numbers = { (values: [Float]) in JSON.array(values.map { JSON($0) }) }
    return [
      "input_size": [3, .integer(Int64(side)), .integer(Int64(side))], "fixed_input_size": .bool(isFixed),
      "num_classes": .integer(Int64(configuration.classes)), "mean": numbers(data.normalization.mean),
      "std": numbers(data.normalization.deviation), "interpolation": .string(data.evalInterpolation.rawValue),
      "crop_mode": .string(data.evalMode.rawValue),
      "crop_pct": .number(ImagePreparation.cropRatio(side, resize: data.evaluatedSide)),
    ]
  }
}

extension VisionTransformerConfig {
  /// Whether its blocks are those of the original ViT, which is all that transformers' ViT has.
  var hasPlainBlocks: Bool {
    position == .all && relativeBias == .none && layerScale == nil && !hasPreNorm && hasPatchBias && !usesQuickGELU
  }

  /// The configuration as transformers' `ViTConfig`.
  func huggingFaceJSON(classNames: [String]) -> JSON {
    func count(_ number: Int) -> JSON { .integer(Int64(number)) }
    return [
      "architectures": ["ViTForImageClassification"], "model_type": "vit", "hidden_size": count(width),
      "num_hidden_layers": count(depth), "num_attention_heads": count(heads), "intermediate_size": count(hidden),
      "hidden_act": "gelu", "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0,
      "layer_norm_eps": .number(epsilon), "image_size": count(imageSize), "patch_size": count(patchSize),
      "num_channels": 3, "qkv_bias": true, "initializer_range": 0.02,
      "id2label": .object(JSON.Object(classNames.enumerated().map { ("\($0.offset)", .string($0.element)) })),
      "label2id": .object(JSON.Object(classNames.enumerated().map { ($0.element, count($0.offset)) })),
    ]
  }
}

extension ImagePreparation {
  /// The preparation as transformers' `preprocessor_config.json` has it.
  package func huggingFaceJSON(size: Int) -> JSON {
    func count(_ number: Int) -> JSON { .integer(Int64(number)) }
    let numbers = { (values: [Float]) in JSON.array(values.map { JSON($0) }) }
    let (side, isSquashed) = (shorterSide(for: size), mode == .squash)
    return [
      // A ViT's processor makes both sides alike; CLIP's keeps their ratio and takes the middle.
      "image_processor_type": isSquashed && side == size ? "ViTImageProcessor" : "CLIPImageProcessor",
      "do_resize": true,
      "size": isSquashed ? ["height": count(side), "width": count(side)] : ["shortest_edge": count(side)],
      "do_center_crop": .bool(!isSquashed || side != size), "crop_size": ["height": count(size), "width": count(size)],
      "resample": count(interpolation == .bilinear ? 2 : 3), "do_rescale": true, "rescale_factor": .number(1.0 / 255),
      "do_normalize": true, "image_mean": numbers(mean ?? Normalization.imageNet.mean),
      "image_std": numbers(deviation ?? Normalization.imageNet.deviation), "do_convert_rgb": true,
    ]
  }
}
