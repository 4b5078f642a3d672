/// The paper's own trainings.
extension StudyTraining {
  /// DeiT-III by a method, `options` saying which. All but ViT-S are trained at fewer pixels, and brought to 224 in 20 epochs
  /// more. `length`: epochs where they are not the recipe's.
  static func deit3(
    _ size: String, _ epochs: Int, _ name: String, _ options: String, length: Int? = nil
  ) -> StudyTraining {
    let own = length.map { " --epochs \($0)" } ?? ""
    let trained = StudyTraining(
      "deit3-\(size)-\(length ?? epochs)-\(name)",
      "train --recipe deit3-\(size)-\(epochs) --data @imagenet\(own) \(options)")
    guard size != "s" else { return trained }
    return StudyTraining(
      "\(trained.name)-224", "finetune --recipe deit3-\(size)-finetune --from @run --data @imagenet \(options)",
      after: trained)
  }

  static func deit3(_ size: String, _ epochs: Int, _ method: String, length: Int? = nil) -> StudyTraining {
    deit3(size, epochs, method, "--method \(method)", length: length)
  }

  /// ViT-B for 100 epochs: the paper's analysis.
  static func analysis(_ name: String, _ options: String) -> StudyTraining {
    StudyTraining("analysis-\(name)", "train --recipe analysis-vit-b-100 --data @imagenet --analyze \(options)")
  }

  static func analysis(_ method: String) -> StudyTraining { analysis(method, "--method \(method)") }

  /// A recipe from scratch, as Swin's and ResNet's.
  static func scratch(_ recipe: String, _ method: String) -> StudyTraining {
    StudyTraining("\(recipe)-\(method)", "train --recipe \(recipe) --data @imagenet --method \(method)")
  }

  /// A recipe that finetunes pretrained weights. `length` as above.
  static func finetuned(
    _ recipe: String, from weights: String, _ method: String, length: Int? = nil
  ) -> StudyTraining {
    let own = length.map { ("-\($0)", " --epochs \($0)") } ?? ("", "")
    return StudyTraining(
      "\(recipe)\(own.0)-\(method)",
      "finetune --recipe \(recipe) --from @\(weights) --data @imagenet\(own.1) --method \(method)")
  }

  /// A DeiT-III of 800 epochs, by `method`, that learns another set by `then`. `length` as above.
  static func transfer(
    _ size: String, to set: String, _ method: String, then: String, length: Int? = nil
  ) -> StudyTraining {
    let own = length.map { ("-\($0)", " --epochs \($0)") } ?? ("", "")
    var training = StudyTraining(
      "transfer-\(set)\(own.0)-\(size)-\(method)-\(then)",
      "finetune --recipe transfer-\(set) --from @run --data @\(set)\(own.1) --method \(then)",
      after: deit3(size, 800, method))
    if size == "b" { training.network = "deit3_base_patch16_224" }
    return training
  }

  /// A BERT on a task of GLUE.
  static func glue(_ size: String, _ task: String, _ method: String) -> StudyTraining {
    StudyTraining(
      "bert-\(size)-\(task)-\(method)", "glue --task \(task) --data @glue --from @bert-\(size) --method \(method)")
  }

  /// A CLIP ViT-B/32 that sees 128 million pairs.
  static func clipB32(_ method: String) -> StudyTraining {
    StudyTraining(
      "clip-b32-\(method)",
      "clip-pretrain --data @pairs --model ViT-B-32 --batch-size 1024 --samples-per-epoch 4000000 --epochs 32 "
        + "--val @imagenet/val --classes @imagenet-names --templates imagenet --method \(method)")
  }
}
