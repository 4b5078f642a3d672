public import SubData
public import SubTrain

// How images are prepared for the weights.
extension VisionFolder {
  /// The recipe by which the model's images are framed and normalised: its own, else the one that its family follows, with
  /// what lies beside the weights, brought to the model's image size. `options` override what they tell.
  public func evaluationRecipe(_ options: ImagePreparation = ImagePreparation()) throws -> VisionRecipe {
    var recipe = try recipe ?? VisionRecipe.following(configuration)
    if case .resize(let side) = recipe.data.eval, recipe.data.imageSize != configuration.imageSize {
      recipe.data.eval = .ratio(ImagePreparation.cropRatio(recipe.data.imageSize, resize: side))
    }
    recipe.data.imageSize = configuration.imageSize
    let told = told(options)
    try told.check()
    recipe.follow(told)
    return recipe
  }

  /// How evaluated images are prepared by a recipe, and who says so, in a line.
  public func preparationLine(_ recipe: VisionRecipe, _ options: ImagePreparation = ImagePreparation()) -> String {
    let told = told(options)
    let rest = Set(ImagePreparation.Part.allCases).subtracting(told.parts)
    let others =
      self.recipe != nil ? "the run's recipe" : "the recipe \(recipe.name), a guess: --\(Self.options(of: rest))"
    return line(recipe, told.sources + (rest.isEmpty ? [] : [others]))
  }

  /// The same for a run that trains the weights on.
  public func trainingPreparationLine(_ recipe: VisionRecipe) -> String {
    var followed = recipe
    let preparation = preparation(forSize: recipe.data.imageSize)
    followed.follow(preparation)
    let isChanged = followed.preparation != recipe.preparation
    return line(recipe, (isChanged ? ["--set"] : []) + preparation.sources + ["the recipe \(recipe.name)"])
  }

  /// What is told for training images of a size: what of an image is taken is told for the model's own size alone. Swin's recipe
  /// for 384 pixels, say, takes the whole one, whatever its weights of 224 did.
  private func preparation(forSize size: Int) -> ImagePreparation {
    size == configuration.imageSize ? preparation : preparation.without([.crop, .mode])
  }

  private func line(_ recipe: VisionRecipe, _ sources: [String]) -> String {
    "images: \(recipe.preparation.text(size: recipe.data.imageSize)) (\(sources.joined(separator: "; ")))"
  }

  private static func options(of parts: Set<ImagePreparation.Part>) -> String {
    parts.map { $0 == .crop ? "crop-ratio" : $0 == .mode ? "crop-mode" : $0.rawValue }.sorted().joined(
      separator: ", --")
  }

  /// What is told of the preparation; what a run of ours noted, its recipe knows better.
  private func told(_ options: ImagePreparation) -> ImagePreparation {
    (recipe == nil ? preparation : ImagePreparation()).overridden(by: options)
  }
}

// What finetuning needs.
extension VisionFolder {
  /// The recipe that trains these weights on: `given`, else what follows from the weights, with the preparation of their
  /// images, and with `settings` over both. Throws where a preparation cannot be done and no setting replaces it.
  public func recipe(
    _ given: VisionRecipe?, with settings: [(key: String, value: String)], scalesRate: Bool = false,
    note: (String) -> Void = { _ in }
  ) throws -> VisionRecipe {
    var recipe = try given ?? VisionRecipe.following(configuration)
    let size = try recipe.with(settings, scalesRate: scalesRate).data.imageSize
    let preparation = preparation(forSize: size)
    recipe.follow(preparation)
    let keys = Set(settings.compactMap { try? VisionRecipe.table.row($0.key).key })
    let replaced = ImagePreparation.Part.allCases.filter { !$0.keys.isDisjoint(with: keys) }
    for part in ImagePreparation.Part.allCases where !replaced.contains(part) {
      if let error = preparation.refused[part] { throw error }
    }
    return try recipe.with(settings, scalesRate: scalesRate, note: note)
  }
}

extension ImagePreparation {
  /// What lies beside weights says: timm's `pretrained_cfg`, transformers' `processor_config.json` or, where that has no
  /// image processor, `preprocessor_config.json`, open_clip's `preprocess_cfg`, or `pretrained_cfg` in the metadata of a
  /// safetensors file.
  public init(
    _ beside: Companions, _ source: any NamedTensors, description: (json: JSON, place: String)?
  ) throws {
    if let description, let told = try ImagePreparation(timm: description.json, at: description.place) {
      self = told
    } else if let (json, place) = try beside.json("processor_config.json"), let processor = json["image_processor"],
      processor.object != nil
    {
      self = try ImagePreparation(huggingFace: processor, at: "\(place), image_processor")
    } else if let (json, place) = try beside.json("preprocessor_config.json") {
      self = try ImagePreparation(huggingFace: json, at: place)
    } else if let (json, place) = try beside.json("open_clip_config.json"),
      let told = try ImagePreparation(openClip: json, at: place)
    {
      self = told
    } else if let text = source.metadata.last(where: { $0.key == "pretrained_cfg" })?.value {
      let place = "\(source.place), metadata 'pretrained_cfg'"
      self =
        try ImagePreparation(timm: ["pretrained_cfg": JSON.parse(text, at: place)], at: place) ?? ImagePreparation()
    } else {
      self = ImagePreparation()
    }
  }
}

extension ImagePreparation.Part {
  /// The fields of a recipe that say this part.
  fileprivate var keys: Set<String> {
    switch self {
    case .mean: ["data.mean", "data.normalization"]
    case .deviation: ["data.deviation", "data.normalization"]
    case .crop: ["data.eval_crop_ratio", "data.eval_resize"]
    case .mode: ["data.eval_mode"]
    case .interpolation: ["data.eval_interpolation"]
    }
  }
}
