public import SubCore
import SubData
public import SubTrain

extension VisionFolder {
  /// Writes weights by `names` and `config.json`: what this type opens.
  public static func write(
    to folder: String, _ set: ParameterSet, _ configuration: any VisionConfiguration, recipe: VisionRecipe,
    variant: String?, classNames: [String], names: WeightNames
  ) throws {
    try set.write(to: FileSystem.join(folder, "model.safetensors"), names)
    let json: JSON = [
      "architecture": variant.map { .string($0) } ?? .null, "num_classes": .integer(Int64(configuration.classes)),
      "label_names": .array(classNames.map { .string($0) }),
      "pretrained_cfg": recipe.timmPreparation(of: configuration),
      "recipe": recipe.json, .init(stringLiteral: configuration.family.key): try configuration.json(),
    ]
    try AtomicFile.write(json.text(indent: 2) + "\n", to: FileSystem.join(folder, "config.json"))
  }
}
