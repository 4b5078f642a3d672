import SubTrain
import VisionSub

/// Something from outside that studies run on.
struct StudyInput {
  /// What it is called in front of its path: `--data cifar10=cifar10.tar.gz`.
  let name: String
  /// The option that gives it.
  let option: String
  /// What it is, and where one gets it.
  let meaning: String
  /// Samples of an epoch and classes, where it says them.
  var samples: Int?
  var classes: Int?

  /// Every input.
  static let all: [StudyInput] = [
    data("cifar10", "CIFAR-10: its own files, or a folder or archive with train/CLASS and test/CLASS", .cifar10),
    data(
      "captions", "the folder that scripts/cifar-to-shards.py CIFAR10 DIR --limit 10000 --per-shard 1000 writes",
      TrainingSet("CIFAR-10 with captions", samples: 10_000)
    ),
    data("glue", "GLUE's folder (scripts/fetch-glue.sh), or that of the one task"),
    weights("bert", "a small BERT with its vocabulary (scripts/fetch-minilm.sh)"),
    data("imagenet", "ImageNet-1k: a folder with train/SYNSET and val/SYNSET", .imageNet),
    data("cifar100", "CIFAR-100: its own files, or a folder with train/CLASS and test/CLASS", .cifar100),
    data("flowers", "Oxford Flowers: a folder with train/CLASS and val/CLASS", .flowers),
    data("cars", "Stanford Cars: a folder with train/CLASS and val/CLASS", .cars),
    data("inat18", "iNaturalist 2018: a folder with train/CLASS and val/CLASS", .iNat18),
    data("inat19", "iNaturalist 2019: a folder with train/CLASS and val/CLASS", .iNat19),
    data("pairs", "the shards of CC3M, CC12M and RedCaps, joined by ::"),
    data("imagenet-names", "a file with a name for each of ImageNet's classes, one a line in the order of the synsets"),
    weights("bert-base", "BERT-base: a folder in Hugging Face's form"),
    weights("bert-large", "BERT-large: a folder in Hugging Face's form"),
    weights("mae-b", "mae_pretrain_vit_base.pth (scripts/fetch-weights mae-vit-b)"),
    weights("mae-l", "mae_pretrain_vit_large.pth (scripts/fetch-weights mae-vit-l)"),
    weights("mae-h", "mae_pretrain_vit_huge.pth (scripts/fetch-weights mae-vit-h)"),
    weights("beitv2-b", "beitv2_base_patch16_224_pt1k.pth (scripts/fetch-weights beitv2-b)"),
    weights("beitv2-l", "beitv2_large_patch16_224_pt1k.pth (scripts/fetch-weights beitv2-l)"),
    weights("clip-b", "CLIP's ViT-B-16.pt (scripts/fetch-weights clip-vit-b16)"),
    weights("clip-l", "CLIP's ViT-L-14.pt (scripts/fetch-weights clip-vit-l14)"),
  ]

  /// The input of a name that a study uses.
  static func named(_ name: String) -> StudyInput {
    guard let input = all.first(where: { $0.name == name }) else { preconditionFailure("StudyInput: @\(name)") }
    return input
  }

  /// What trainings take from outside, once each.
  static func used(by trainings: [StudyTraining]) -> [StudyInput] {
    trainings.flatMap(\.inputs).reduce(into: []) { known, input in
      if !known.contains(where: { $0.name == input.name }) { known.append(input) }
    }
  }

  private static func data(_ name: String, _ meaning: String, _ set: TrainingSet? = nil) -> StudyInput {
    StudyInput(name: name, option: "--data", meaning: meaning, samples: set?.samples, classes: set?.classes)
  }

  private static func weights(_ name: String, _ meaning: String) -> StudyInput {
    StudyInput(name: name, option: "--from", meaning: meaning)
  }
}
