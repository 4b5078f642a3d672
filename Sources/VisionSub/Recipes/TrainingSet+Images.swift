public import SubTrain

/// What the vision recipes are made for.
extension TrainingSet {
  /// ImageNet-1k (Russakovsky et al. 2015).
  public static let imageNet = TrainingSet("ImageNet-1k", samples: 1_281_167, classes: 1000)
  /// CIFAR-10 (Krizhevsky 2009).
  public static let cifar10 = TrainingSet("CIFAR-10", samples: 50_000, classes: 10)
  /// CIFAR-100, of the same source.
  public static let cifar100 = TrainingSet("CIFAR-100", samples: 50_000, classes: 100)
  /// Oxford Flowers (Nilsback and Zisserman 2008): its training and validation images.
  public static let flowers = TrainingSet("Flowers", samples: 2_040, classes: 102)
  /// Stanford Cars (Krause et al. 2013).
  public static let cars = TrainingSet("Cars", samples: 8_144, classes: 196)
  /// iNaturalist of 2018 (Van Horn et al. 2018).
  public static let iNat18 = TrainingSet("iNaturalist 2018", samples: 437_513, classes: 8142)
  /// iNaturalist of 2019.
  public static let iNat19 = TrainingSet("iNaturalist 2019", samples: 265_240, classes: 1010)
  /// The images in `datasets/shapes`.
  public static let shapes = TrainingSet("datasets/shapes", samples: 768, classes: 8)
}
