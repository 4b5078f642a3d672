public import SubData
public import SubTrain

extension ResNetConfig {
  public func onnxLogits(_ images: OnnxGraph.Value, in network: inout OnnxNetwork) -> OnnxGraph.Value? {
    func convolution(_ x: OnnxGraph.Value, _ name: String, _ norm: String, _ kernel: Int, stride: Int = 1)
      -> OnnxGraph.Value
    {
      let pad = kernel / 2
      let y = network.graph(
        "Conv", x, network.weight("\(name).weight"),
        attributes: [
          ("kernel_shape", .integers([kernel, kernel])), ("strides", .integers([stride, stride])),
          ("pads", .integers([pad, pad, pad, pad])),
        ])
      let parts = ["weight", "bias", "running_mean", "running_var"].map { network.weight("\(norm).\($0)") }
      return network.graph("BatchNormalization", [y] + parts, attributes: [("epsilon", .number(1e-5))])
    }
    func relu(_ x: OnnxGraph.Value) -> OnnxGraph.Value { network.graph("Relu", x) }

    var x = relu(convolution(images, "conv1", "bn1", 7, stride: 2))
    x = network.graph(
      "MaxPool", x,
      attributes: [
        ("kernel_shape", .integers([3, 3])), ("strides", .integers([2, 2])), ("pads", .integers([1, 1, 1, 1])),
      ])
    for stage in 0..<4 {
      for index in 0..<depths[stage] {
        let (name, stride) = ("layer\(stage + 1).\(index)", index == 0 && stage > 0 ? 2 : 1)
        var y: OnnxGraph.Value
        if block == .basic {
          y = relu(convolution(x, "\(name).conv1", "\(name).bn1", 3, stride: stride))
          y = convolution(y, "\(name).conv2", "\(name).bn2", 3)
        } else {
          y = relu(convolution(x, "\(name).conv1", "\(name).bn1", 1))
          y = relu(convolution(y, "\(name).conv2", "\(name).bn2", 3, stride: stride))
          y = convolution(y, "\(name).conv3", "\(name).bn3", 1)
        }
        let shortcut =
          network.has("\(name).downsample.0.weight")
          ? convolution(x, "\(name).downsample.0", "\(name).downsample.1", 1, stride: stride) : x
        x = relu(network.graph("Add", y, shortcut))
      }
    }
    let pooled = network.graph("Flatten", network.graph("GlobalAveragePool", x))
    return network.linear(pooled, "fc")
  }
}
