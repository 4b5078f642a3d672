import SubCore
import SubData
import SubTrain
import TestSupport
import Testing

@testable import VisionSub

/// What other tools write beside weights of how images are prepared, and what becomes of it.
@Suite struct ImagePreparationTests {
  private let folder = TemporaryFolder()

  private func write(_ text: String, _ name: String) throws { try AtomicFile.write(text, to: folder[name]) }

  /// The ViT fixture in a folder of its own, with a `config.json`.
  private func folder(_ config: String? = nil, _ name: String = "config.json") throws -> VisionFolder {
    let source = try TensorFile.open("\(TraceTests.fixtures)/vit-token/model.safetensors")
    try Safetensors.write(source.arrays(), to: folder["model.safetensors"])
    if let config { try write(config, name) }
    return try VisionFolder(folder.path)
  }

  private func pipeline(_ options: ImagePreparation = ImagePreparation()) throws -> ImagePipeline {
    try VisionFolder(folder.path).evaluationRecipe(options).evaluationPipeline
  }

  private static let timm = #"""
    {"architecture": "vit_tiny_patch16_224", "num_classes": 5, "pretrained_cfg": {"input_size": [3, 224, 224],
     "interpolation": "bilinear", "crop_pct": 0.9, "crop_mode": "center", "mean": [0.5, 0.4, 0.3], "std": [0.5, 0.25, 0.2]}}
    """#

  @Test func `timm's config json prepares the images, and options have the last word`() throws {
    let found = try folder(Self.timm)
    let side = found.configuration.imageSize
    var expected = ImagePipeline(
      size: side, framing: .center(resize: Int(Double(side) / 0.9)), interpolation: .bilinear,
      normalization: Normalization(mean: [0.5, 0.4, 0.3], deviation: [0.5, 0.25, 0.2]))
    #expect(try pipeline() == expected)
    let line = try found.preparationLine(found.evaluationRecipe())
    #expect(line.contains("bilinear, mean 0.5,0.4,0.3, deviation 0.5,0.25,0.2"))
    #expect(line.hasSuffix("config.json, pretrained_cfg)") && !line.contains("guess"))

    let options = ImagePreparation(
      mean: [0, 0, 0], crop: .ratio(1), mode: .squash, interpolation: .bicubic, sources: ["--mean"])
    expected.framing = .squash(resize: side)
    (expected.interpolation, expected.normalization.mean) = (.bicubic, [0, 0, 0])
    #expect(try pipeline(options) == expected)
    #expect(try found.preparationLine(found.evaluationRecipe(options), options).contains("(--mean; "))
  }

  @Test func `without a word beside the weights the recipe's preparation is called a guess`() throws {
    let found = try folder()
    let line = try found.preparationLine(found.evaluationRecipe())
    #expect(line.contains("a guess: --crop-mode, --crop-ratio, --deviation, --interpolation, --mean"))
  }

  @Test func `timm takes the middle where it does not say what it takes`() throws {
    let told = try #require(try ImagePreparation(timm: ["pretrained_cfg": ["crop_pct": 1]], at: "c"))
    #expect(told.mode == .center)
  }

  /// timm's `PretrainedCfg`.
  @Test func `timm's own values stand where it leaves something out`() throws {
    let told = try #require(try ImagePreparation(timm: ["pretrained_cfg": ["mean": [0.5, 0.5, 0.5]]], at: "c"))
    #expect(told.parts == Set(ImagePreparation.Part.allCases))
    #expect(told.mean == [0.5, 0.5, 0.5] && told.deviation == Normalization.imageNet.deviation)
    #expect(told.crop == .ratio(0.875) && told.interpolation == .bicubic)
    #expect(try ImagePreparation(timm: ["pretrained_cfg": ["num_classes": 5]], at: "c") == nil)
    let refused = try #require(try ImagePreparation(timm: ["pretrained_cfg": ["crop_mode": "border"]], at: "c"))
    #expect(refused.mode == nil && refused.refused[.mode] != nil && refused.crop == .ratio(0.875))
  }

  @Test func `finetuning takes it over, and settings have the last word`() throws {
    let found = try folder(Self.timm)
    var own = try VisionRecipe.following(found.configuration)
    own.data.imageSize = found.configuration.imageSize
    let recipe = try found.recipe(own, with: [("deviation", "0.1,0.2,0.3")])
    #expect(recipe.data.normalization == Normalization(mean: [0.5, 0.4, 0.3], deviation: [0.1, 0.2, 0.3]))
    #expect(recipe.data.eval == .ratio(0.9) && recipe.data.evalInterpolation == .bilinear)
    #expect(found.trainingPreparationLine(recipe).contains("(--set; "))
    #expect(try found.recipe(nil, with: [("normalization", "clip")]).data.normalization == .clip)
    #expect(throws: InputError.self) { try found.recipe(nil, with: [("mean", "1,2")]) }
    #expect(throws: InputError.self) { try found.recipe(nil, with: [("deviation", "0.1,0,0.3")]) }
  }

  @Test func `a recipe of another image size takes of images what it says itself`() throws {
    let found = try folder(Self.timm)
    var other = try VisionRecipe.following(found.configuration)
    (other.data.imageSize, other.data.eval, other.data.evalMode) = (
      2 * found.configuration.imageSize, .ratio(1), .squash
    )
    let recipe = try found.recipe(other, with: [])
    #expect(recipe.data.eval == .ratio(1) && recipe.data.evalMode == .squash)
    #expect(recipe.data.normalization.mean == [0.5, 0.4, 0.3] && recipe.data.evalInterpolation == .bilinear)
    #expect(!found.trainingPreparationLine(recipe).contains("(--set; "))
    // It is the size that settings leave which counts.
    let same = try found.recipe(other, with: [("image_size", "\(found.configuration.imageSize)")])
    #expect(same.data.eval == .ratio(0.9) && !found.trainingPreparationLine(same).contains("(--set; "))
  }

  @Test func `what cannot be done is refused by name, unless an option replaces it`() throws {
    let found = try folder(
      #"{"pretrained_cfg": {"crop_mode": "border", "interpolation": "lanczos", "mean": [0.5, 0.5, 0.5]}}"#)
    func message(_ options: ImagePreparation) -> String {
      do {
        _ = try found.evaluationRecipe(options)
        return "none"
      } catch { return "\(error)" }
    }
    #expect(
      message(ImagePreparation()).contains("crop_mode border") && message(ImagePreparation()).contains("--crop-mode"))
    #expect(message(ImagePreparation(mode: .center)).contains("interpolation lanczos"))
    #expect(message(ImagePreparation(mode: .center, interpolation: .bicubic)) == "none")
    #expect(throws: InputError.self) { try found.recipe(nil, with: [("eval_mode", "center")]) }
    #expect(throws: Never.self) {
      try found.recipe(nil, with: [("eval_mode", "center"), ("eval_interpolation", "bicubic")])
    }
  }

  /// `AutoImageProcessor` of ViT, CLIP, BEiT, ConvNeXt and others: the size in both of its forms, and what is cut out of it.
  @Test(arguments: [
    (#"{"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}, "resample": 2}"#, 32, true),
    (#"{"feature_extractor_type": "ViTFeatureExtractor", "size": 32, "resample": 2}"#, 32, true),
    (#"{"feature_extractor_type": "CLIPFeatureExtractor", "size": 36, "crop_size": 32, "resample": 2}"#, 36, false),
    (
      #"{"size": {"shortest_edge": 36}, "do_center_crop": true, "crop_size": {"height": 32, "width": 32}, "resample": 2}"#,
      36, false
    ),
    (#"{"size": {"height": 40, "width": 40}, "crop_size": {"height": 32, "width": 32}, "resample": 2}"#, 40, true),
    (#"{"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 32}, "resample": 2}"#, 36, false),
    (#"{"feature_extractor_type": "ConvNextFeatureExtractor", "size": 32, "crop_size": 30, "resample": 2}"#, 36, false),
    (#"{"image_processor_type": "BitImageProcessor", "size": 36, "crop_size": 32, "resample": 2}"#, 36, false),
    (#"{"image_processor_type": "ChineseCLIPImageProcessor", "size": 36, "crop_size": 32, "resample": 2}"#, 36, false),
    (#"{"image_processor_type": "MobileNetV2ImageProcessor", "size": 36, "crop_size": 32, "resample": 2}"#, 36, false),
    (#"{"image_processor_type": "SiglipImageProcessor", "size": 32, "resample": 2}"#, 32, false),
    (#"{"image_processor_type": "DeiTImageProcessorFast", "size": 36, "crop_size": 32, "resample": 2}"#, 36, true),
    // A ViT cuts nothing out unless it is told to, a BEiT neither.
    (#"{"image_processor_type": "ViTImageProcessor", "size": 32, "do_center_crop": null, "resample": 2}"#, 32, true),
    (#"{"image_processor_type": "BeitImageProcessor", "size": 40, "crop_size": 32, "resample": 2}"#, 32, true),
  ])
  func `transformers' image processors prepare the images`(json: String, side: Int, isSquashed: Bool) throws {
    let told = try ImagePreparation(huggingFace: JSON.parse(json, at: "preprocessor_config.json"), at: "p")
    let pipeline = told.pipeline(size: 32)
    #expect(
      pipeline.framing == (isSquashed ? .squash(resize: side, rounding: .down) : .center(resize: side, rounding: .down))
    )
    #expect(pipeline.interpolation == .bilinear)
  }

  /// The classes of transformers 5.
  @Test(arguments: [
    ("ViT", Normalization.inception, Interpolation.bilinear, 32), ("DeiT", .inception, .bicubic, 36),
    ("Beit", .inception, .bicubic, 32), ("ConvNext", .inception, .bicubic, 32), ("Siglip", .inception, .bicubic, 32),
    ("CLIP", .clip, .bicubic, 32), ("Bit", .clip, .bicubic, 32), ("ChineseCLIP", .clip, .bicubic, 32),
    ("Blip", .clip, .bicubic, 32), ("Pvt", .imageNet, .bicubic, 32), ("MobileNetV1", .inception, .bilinear, 36),
  ])
  func `what a kind of image processor does stands where a file leaves it out`(
    kind: String, normalization: Normalization, interpolation: Interpolation, side: Int
  ) throws {
    let json: JSON = ["image_processor_type": .string("\(kind)ImageProcessor"), "image_mean": .null]
    let told = try ImagePreparation(huggingFace: json, at: "p")
    #expect(told.parts == Set(ImagePreparation.Part.allCases) && told.refused.isEmpty)
    let pipeline = told.pipeline(size: 32)
    #expect(pipeline.normalization == normalization && pipeline.interpolation.rawValue == interpolation.rawValue)
    // DeiT's 224 of 256 pixels and MobileNet's are 32 of 36; ConvNeXt warps from 384 pixels on.
    let isSquashed = !["CLIP", "Bit", "ChineseCLIP", "MobileNetV1"].contains(kind)
    #expect(
      pipeline.framing == (isSquashed ? .squash(resize: side, rounding: .down) : .center(resize: side, rounding: .down))
    )
  }

  /// Each with the part that it is refused for, what the message names, and the option that it asks for.
  @Test(arguments: [
    (#"{"image_processor_type": "LevitImageProcessor", "size": 32}"#, "LevitImageProcessor", "--crop-ratio"),
    (#"{"image_processor_type": "EfficientNetImageProcessor", "size": 32}"#, "EfficientNet", "--mean, --deviation"),
    (#"{"size": {"longest_edge": 32}}"#, #"size {"longest_edge""#, "--crop-ratio"),
    (#"{"size": {"shortest_edge": 32, "longest_edge": 64}}"#, "longest_edge", "--crop-ratio"),
    (#"{"size": {"height": 32, "width": 40}}"#, #"size {"height""#, "--crop-ratio"),
    (#"{"size": 40, "crop_size": {"height": 32, "width": 30}}"#, #"crop_size {"height""#, "--crop-ratio"),
    (#"{"size": 32, "crop_size": 40}"#, "crop_size 40", "--crop-ratio"),
    (
      #"{"image_processor_type": "ConvNextImageProcessor", "size": 32, "do_center_crop": true}"#, "do_center_crop true",
      "--crop-ratio"
    ),
    (#"{"size": 32, "do_flip_channel_order": true}"#, "do_flip_channel_order true", "--mean"),
    (#"{"size": 32, "rescale_offset": true}"#, "rescale_offset true", "--mean"),
    (#"{"size": 32, "offset": 1}"#, "offset 1", "--mean"),
    (#"{"size": 32, "rescale_factor": 0.0078}"#, "rescale_factor 0.0078", "--mean"),
  ])
  func `what an image processor does otherwise is refused by name`(json: String, what: String, option: String) throws {
    let told = try ImagePreparation(huggingFace: JSON.parse(json, at: "p"), at: "p")
    let error = try #require(throws: InputError.self) { try told.check() }
    #expect(error.what.contains(what) && error.cure.contains(option), "\(error)")
    let all = ImagePreparation(
      mean: [0, 0, 0], deviation: [1, 1, 1], crop: .ratio(1), mode: .center, interpolation: .bicubic)
    #expect(throws: Never.self) { try told.overridden(by: all).check() }
  }

  @Test func `what is off or nothing is not refused`() throws {
    let json = #"{"size": 32, "do_flip_channel_order": false, "rescale_offset": null, "offset": 0, "crop_size": null}"#
    #expect(try ImagePreparation(huggingFace: JSON.parse(json, at: "p"), at: "p").refused.isEmpty)
  }

  @Test func `transformers' crop is rounded down, also in the run that goes on from it`() throws {
    let text = #"{"image_processor_type": "CLIPImageProcessor", "size": 36, "crop_size": 32}"#
    let found = try folder(text, "preprocessor_config.json")
    let side = found.configuration.imageSize
    let resize = ImagePreparation.resize(side, cropRatio: ImagePreparation.cropRatio(32, resize: 36))
    #expect(try pipeline().framing == .center(resize: resize, rounding: .down))
    #expect(try pipeline(ImagePreparation(crop: .ratio(1))).framing == .center(resize: side, rounding: .down))

    var given = try VisionRecipe.following(found.configuration)
    given.data.imageSize = side
    let recipe = try found.recipe(given, with: [])
    #expect(recipe.data.evalRounding == .down)
    #expect(try given.restored(from: recipe.json, at: "config.json") == recipe)
    #expect(try found.recipe(given, with: [("eval_rounding", "even")]).data.evalRounding == .even)
    // A run of before, which knew of no rounding, rounds as it did.
    #expect(try given.restored(from: ["data": ["eval_mode": "center"]], at: "config.json").data.evalRounding == .even)
    try write(Self.timm, "config.json")
    #expect(try VisionFolder(folder.path).evaluationRecipe().data.evalRounding == .even)
  }

  @Test func `a processor config of transformers 5 has the image processor in it`() throws {
    let processor = #"{"image_processor_type": "CLIPImageProcessor", "image_mean": [0.3, 0.2, 0.1]}"#
    _ = try folder(#"{"image_processor": \#(processor), "processor_class": "CLIPProcessor"}"#, "processor_config.json")
    #expect(try pipeline().normalization.mean == [0.3, 0.2, 0.1])
    #expect(try pipeline().normalization.deviation == Normalization.clip.deviation)
    let line = try VisionFolder(folder.path).preparationLine(VisionFolder(folder.path).evaluationRecipe())
    #expect(line.hasSuffix("processor_config.json, image_processor)"))
    // As transformers has it: before a file of the older kind, unless no image processor is in it.
    try write(#"{"image_mean": 0.5}"#, "preprocessor_config.json")
    #expect(try pipeline().normalization.mean == [0.3, 0.2, 0.1])
    try write(#"{"processor_class": "CLIPProcessor"}"#, "processor_config.json")
    #expect(try pipeline().normalization.mean == [0.5, 0.5, 0.5])
    let source = try TensorFile.open(folder["model.safetensors"])
    #expect(try Companions(of: folder.path, source).texts().map(\.key).contains("processor_config.json"))
  }

  @Test func `a preprocessor config lies beside weights, open_clip's too, and metadata hold either`() throws {
    _ = try folder(#"{"image_mean": [0.1, 0.2, 0.3], "image_std": [1, 1, 1]}"#, "preprocessor_config.json")
    #expect(try pipeline().normalization.mean == [0.1, 0.2, 0.3])
    let arrays = try TensorFile.open(folder["model.safetensors"]).arrays()
    let open = try ImagePreparation(
      openClip: JSON.parse(
        #"{"preprocess_cfg": {"mean": [0, 0, 0], "std": [1, 1, 1], "interpolation": "random", "resize_mode": "squash"}}"#,
        at: "o"), at: "o")
    #expect(open?.mode == .squash && open?.interpolation == .bicubic && open?.crop == .ratio(1))
    for (key, text) in [
      ("pretrained_cfg", #"{"mean": [0.7, 0.7, 0.7]}"#), ("config.json", #"{"pretrained_cfg": {"mean": 0.7}}"#),
    ] {
      try Safetensors.write(arrays, metadata: [(key, text)], to: folder["alone.safetensors"])
      let found = try VisionFolder(folder["alone.safetensors"])
      #expect(try found.evaluationRecipe().data.normalization.mean == [0.7, 0.7, 0.7], "\(key)")
    }
  }

  /// MAE's and BEiT's data code: the shorter side for an image size.
  @Test(arguments: [
    ("mae-b", 192, 219), ("mae-b", 224, 256), ("mae-b", 256, 256), ("mae-b", 384, 384), ("beitv2-b", 224, 256),
    ("beitv2-b", 256, 292), ("beitv2-b", 384, 384), ("rsb-a2-resnet50", 224, 235), ("deit3-b-400", 192, 192),
    ("swin-b-22kto1k", 224, 256), ("swin-b-384", 384, 384),
  ])
  func `the evaluated side follows the image size as in the originals`(name: String, size: Int, side: Int) throws {
    let recipe = try VisionRecipe.named(name).with([("image_size", "\(size)")])
    #expect(recipe.data.evaluatedSide == side)
    let isSquashed = name == "swin-b-384"
    #expect(recipe.evaluationPipeline.framing == (isSquashed ? .squash(resize: side) : .center(resize: side)))
  }

  @Test func `a share, a side and a name are said one instead of the other`() throws {
    let recipe = try VisionRecipe.named("mae-b")
    #expect(try recipe.with([("image_size", "384"), ("eval_crop_ratio", "0.875")]).data.evaluatedSide == 438)
    #expect(try recipe.with([("eval_resize", "300"), ("image_size", "192")]).data.evaluatedSide == 300)
    #expect(try recipe.with([("eval_resize", "300"), ("eval_crop_ratio", "1")]).data.evaluatedSide == 224)
    let changed = try recipe.with([("mean", "0.1,0.2,0.3"), ("image_size", "384"), ("eval_mode", "squash")])
    #expect(try recipe.restored(from: changed.json, at: "config.json") == changed)
    #expect(try recipe.with([("mean", "0.5"), ("deviation", "0.5")]).data.normalization == .inception)
  }

  /// timm floors the quotient: what a checkpoint writes must give the side that was used.
  @Test func `a written share gives the side again`() {
    for size in [32, 192, 224, 384] {
      for side in size...size + 300 {
        let ratio = ImagePreparation.cropRatio(size, resize: side)
        #expect(Int(Double(size) / ratio) == side && ratio > 0 && ratio <= 1)
      }
    }
  }
}
