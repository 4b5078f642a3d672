/// The trainings that two cores carry. Their names and lines stay as they are: runs that are there are found by them.
extension StudyTraining {
  /// A ViT of 0.47 M weights on 1,000 CIFAR-10 images of every class; `options` say what is special about it.
  static func vit(_ name: String, _ options: String, epochs: Int = 10, dropPath: String = "0.1") -> StudyTraining {
    StudyTraining(
      "vit-\(name)",
      "train --recipe shapes-tiny --data @cifar10 --shots 1000 --patch 8 --drop-path \(dropPath) --epochs \(epochs) "
        + "--evaluate-every 390 --analyze \(options)",
      embedded: "train --recipe shapes-tiny --drop-path \(dropPath) --epochs \(4 * epochs) --analyze \(options)")
  }

  /// The same by a method.
  static func vit(_ method: String) -> StudyTraining { vit(method, "--method \(method)") }

  /// MaskSub with another hidden share, or another share of the loss.
  static func vit(ratio: String) -> StudyTraining { vit("masksub-ratio-\(ratio)", "--method masksub --ratio \(ratio)") }
  static func vit(subWeight: String) -> StudyTraining {
    vit("masksub-weight-\(subWeight)", "--method masksub --sub-weight \(subWeight)")
  }

  /// A small network of patches that are merged, or of convolutions, on the same images.
  static func swin(_ method: String) -> StudyTraining {
    small("swin", "swin_shapes_patch4_window4_32", method)
  }
  static func resnet(_ method: String) -> StudyTraining { small("resnet", "resnet_shapes_32", method) }

  private static func small(_ family: String, _ model: String, _ method: String) -> StudyTraining {
    StudyTraining(
      "\(family)-\(method)",
      "train --recipe \(family)-shapes --set model.name=\(model) --data @cifar10 --shots 1000 --epochs 8 "
        + "--evaluate-every 312 --analyze --method \(method)",
      embedded: "train --recipe \(family)-shapes --epochs 8 --analyze --method \(method)")
  }

  /// CoLA with a small real BERT, three epochs: after one it still says that all sentences are acceptable.
  static func cola(_ method: String) -> StudyTraining {
    StudyTraining(
      "cola-\(method)",
      "glue --task cola --data @glue --from @bert --evaluate-every 134 --analyze --method \(method)",
      embedded: "glue --task cola --analyze --method \(method)")
  }

  /// A small CLIP on captions made of CIFAR-10's classes.
  static func clip(_ method: String) -> StudyTraining {
    StudyTraining(
      "clip-\(method)",
      "clip-pretrain --data @captions/train-{0000..0009}.tar --val @captions/test "
        + "--model @home/datasets/captions/clip-cifar.json --vocab @home/tokenizers/captions-bpe/merges.txt "
        + "--templates cifar10 --max-steps 936 --lr 1e-3 --warmup-steps 50 --evaluate-every 234 --analyze "
        + "--method \(method)",
      embedded: "clip-pretrain --analyze --method \(method)")
  }
}
