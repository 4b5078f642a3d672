import ClipSub
import SubCore
import SubData

/// What a zero-shot evaluation asks about: classes and the sentences around them.
struct ZeroShotOptions: OptionGroup {
  static let title = "Zero-shot"
  @Option(
    "--classes", value: "FILE", default: "the data's own",
    "class names in label order, one per line; or cifar10, imagenet")
  var classes: String?
  @Option(
    "--templates", value: "FILE", default: "the data's own, else imagenet",
    "prompts with {} for the class, one per line; or imagenet, simple, cifar10, photo")
  var templates: String?

  /// The classes named, else those of a file that comes with the data, else what ImageNet's `folders` are called; nil: none.
  func classNames(embedded: String?, of folders: [String] = [], in context: ToolContext) throws -> ClassNames? {
    if classes == "cifar10" { return .cifar10 }
    if classes == "imagenet" { return ClassNames(try ImageNetClasses(context.home).names) }
    if let classes, FileSystem.kind(classes) == .absent {
      throw InputError(
        "there is no such file, nor classes of that name", at: "--classes \(classes)",
        cure: "give a file with one name per line in label order, or cifar10, or imagenet")
    }
    if let file = classes ?? embedded { return try ClassNames(file: file) }
    return try ImageNetClasses.names(of: folders, in: context.home).map { ClassNames($0) }
  }

  /// The templates named, else those of a file that comes with the data, else ImageNet's. `unless`: what a set of a suite has
  /// of its own, which goes before.
  func promptTemplates(embedded: String?, unless own: String? = nil) throws -> PromptTemplates {
    let templates = own ?? templates
    if let templates, let known = PromptTemplates.named(templates) { return known }
    if let templates, FileSystem.kind(templates) == .absent {
      throw InputError(
        "there is no such file, nor templates of that name", at: "--templates \(templates)",
        cure: "give a file with one prompt per line, or imagenet, simple, cifar10 or photo")
    }
    return try (templates ?? embedded).map { try PromptTemplates(file: $0) } ?? .imageNet
  }
}
