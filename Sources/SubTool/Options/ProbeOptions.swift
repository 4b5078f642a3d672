/// The options of a linear probe.
struct ProbeOptions: OptionGroup {
  static let title = "Linear probe"
  @Flag("--probe", "fits a new classifier on features that stay as they are, by logistic regression") var isOn: Bool
  @Option(
    "--probe-strength", value: "C", in: 1e-9...1e9,
    default: "searched from 1e-6 to 1e6 on a fifth of the training samples",
    "the inverse of the penalty's strength, as scikit-learn's C")
  var strength: Double?
  @Option("--probe-features", value: "FILE", default: "not kept", "a .safetensors file for the features and labels")
  var features: String?
}
