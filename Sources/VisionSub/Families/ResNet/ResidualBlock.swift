import SubCore
import SubNN

/// A residual block: convolutions with batch-norm, the sum with what came in, a ReLU. Keys: `conv1`, `bn1`, … `conv3`,
/// `bn3`, `downsample.0`, `downsample.1`. The stride is in the 3 × 3 convolution of a bottleneck.
final class ResidualBlock: Module {
  private let conv1: Convolution
  private let bn1: BatchNorm
  private let conv2: Convolution
  private let bn2: BatchNorm
  private let conv3: Convolution?
  private let bn3: BatchNorm?
  private let downsample: Projection?
  private let dropPath, depth: Float

  /// A block whose last norm starts at 0, so that it begins as the identity.
  init(_ inputs: Int, _ width: Int, _ kind: ResNetConfig.Block, stride: Int, dropPath: Float, depth: Float) {
    let outputs = width * kind.expansion
    let isBottleneck = kind == .bottleneck
    conv1 =
      isBottleneck
      ? Convolution(inputs, width, kernel: 1) : Convolution(inputs, width, kernel: 3, stride: stride)
    bn1 = BatchNorm(width)
    conv2 = Convolution(width, width, kernel: 3, stride: isBottleneck ? stride : 1)
    bn2 = BatchNorm(width, scale: isBottleneck ? 1 : 0)
    conv3 = isBottleneck ? Convolution(width, outputs, kernel: 1) : nil
    bn3 = isBottleneck ? BatchNorm(outputs, scale: 0) : nil
    downsample = stride == 1 && inputs == outputs ? nil : Projection(inputs, outputs, stride: stride)
    (self.dropPath, self.depth) = (dropPath, depth)
  }

  /// [N, H, W, C] → [N, H′, W′, C′]; where the pass says so, what it computes is not kept but computed again on the way
  /// back. The last block of all is needed again at once.
  func run(_ x: Tensor, isLast: Bool, _ pass: Pass) -> Tensor {
    guard pass.recomputes && !isLast else { return self(x, pass) }
    return Tape.recomputing([x]) { inputs, again in
      var pass = pass
      // The running statistics have moved already.
      if again, case .batch = pass.statistics { pass.statistics = .batch(updating: false) }
      return [self(inputs[0], pass)]
    }[0]
  }

  private func callAsFunction(_ x: Tensor, _ pass: Pass) -> Tensor {
    let rectified = BatchNormOptions(isRectified: true)
    var y = conv2(bn1(conv1(x), pass, rectified))
    if let conv3 { y = conv3(bn2(y, pass, rectified)) }
    let samples = Segments(count: y.shape[0], length: y.shape[1] * y.shape[2], on: y.device)
    let joint = BatchNormOptions(
      shortcut: downsample.map { $0(x, pass) } ?? x,
      path: pass.dropPath(dropPath, depth: depth, site: 0, samples: samples), isRectified: true)
    return (bn3 ?? bn2)(y, pass, joint)
  }
}

/// The shortcut where a block changes its grid or its width. Keys: `0` (convolution), `1` (norm).
private final class Projection: Module {
  @Key private var convolution: Convolution
  @Key private var norm: BatchNorm

  init(_ inputs: Int, _ outputs: Int, stride: Int) {
    _convolution = Key(wrappedValue: Convolution(inputs, outputs, kernel: 1, stride: stride), "0")
    _norm = Key(wrappedValue: BatchNorm(outputs), "1")
  }

  func callAsFunction(_ x: Tensor, _ pass: Pass) -> Tensor { norm(convolution(x), pass) }
}
