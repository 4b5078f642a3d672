import SubTrain

// How files name the tensors of ResNets, which is how the models do. Batches are counted there too, for a momentum that
// nobody uses; timm and torchvision load files that do not say how many there were.
extension Naming {
  /// timm's and torchvision's.
  static let timmResNet = Naming(
    "timm", "timm's names", signatures: [["layer1.0.conv1.weight", "conv1.weight", "bn1.running_mean"]], rules: [],
    known: ["*.num_batches_tracked", "*.*.*.num_batches_tracked", "*.*.*.*.num_batches_tracked"])
}
