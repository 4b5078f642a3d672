import SubData

/// ImageNet-1k, for which most recipes of images are made.
enum ImageNet {
  /// Images of its training split.
  static let trainingSamples = 1_281_167
}

extension GLUETask {
  /// Rows of its training split.
  var trainingSamples: Int {
    switch self {
    case .cola: 8551
    case .sst2: 67_349
    case .mrpc: 3668
    case .stsb: 5749
    case .qqp: 363_846
    case .mnli: 392_702
    case .qnli: 104_743
    case .rte: 2490
    case .wnli: 635
    }
  }
}
