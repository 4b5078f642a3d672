extension CheckCase {
  /// A residual joint, a norm, or both.
  fileprivate struct JointExample {
    var rows: Int
    var width: Int
    var hasBranch: Bool
    var hasNorm: Bool
    var hasGamma: Bool
    var dropout: Float
    var path: Float
    /// Of the branch, and of what the norm makes.
    var types: (branch: DType, normed: DType)
  }

  static func residualNorm() -> [CheckCase] {
    var cases: [CheckCase] = []
    func add(_ example: JointExample) {
      cases.add("residualNorm", example.part, [example.precision]) { t in example.forward(t) }
      // A plain joint hands its gradient on and asks no device.
      guard example.hasNorm || !example.isIdentity else { return }
      for isLast in example.hasNorm ? [false, true] : [false] {
        let part = example.part + (isLast ? ", the norm's gradient alone" : "")
        cases.add("residualNormBackward", part, [example.precision]) { t in example.backward(t, isLast: isLast) }
      }
    }
    let types: [(DType, DType)] = [(.f32, .f32), (.bf16, .bf16), (.bf16, .f32), (.f32, .bf16)]
    for (rows, width) in [(6, 5), (67, 40), (197, 384)] {
      for types in rows == 6 ? types : Array(types.prefix(2)) {
        for hasNorm in [true, false] {
          for (hasGamma, dropout, path) in [
            (false, 0, 0), (true, 0, 0), (false, 0.3, 0), (false, 0, 0.5), (true, 0.4, 0.5),
          ] as [(Bool, Float, Float)] {
            add(
              JointExample(
                rows: rows, width: width, hasBranch: true, hasNorm: hasNorm, hasGamma: hasGamma, dropout: dropout,
                path: path, types: types))
          }
        }
        add(
          JointExample(
            rows: rows, width: width, hasBranch: false, hasNorm: true, hasGamma: false, dropout: 0, path: 0,
            types: types))
      }
    }
    for (rows, width) in [
      (0, 8), (1, 3), (3, 192), (3, 512), (9, 768), (5, 1024), (3, 1030), (4, 1536), (3, 3072), (700, 37),
    ] {
      for types in types.prefix(2) {
        add(
          JointExample(
            rows: rows, width: width, hasBranch: true, hasNorm: true, hasGamma: true, dropout: 0.1,
            path: rows > 2 ? 0.2 : 0, types: types))
      }
    }
    return cases
  }
}

extension CheckCase.JointExample {
  var precision: Precision { types.branch == .bf16 || types.normed == .bf16 ? .bf16 : .fp32 }

  var isIdentity: Bool { !hasGamma && dropout == 0 && path == 0 }

  var part: String {
    var words = ["\(rows)×\(width)"]
    if hasBranch { words.append("a branch of \(types.branch)") }
    if hasGamma { words.append("scaled") }
    if dropout > 0 { words.append("dropped") }
    if path > 0 { words.append("in part") }
    if hasNorm { words.append("normed to \(types.normed)") }
    return words.joined(separator: ", ")
  }

  private func call(_ t: Trial, x: Tensor, h: Tensor?) -> ResidualNormCall {
    var dropped = Dropout(dropout, t.key.fold("dropout"))
    dropped?.firstRow = 1000
    var samples: DropPath?
    if path > 0 {
      let lengths = [rows / 3, 1, rows - rows / 3 - 1]
      samples = DropPath(path, t.key.fold("path"), samples: Segments(lengths: lengths, on: t.device))
      samples?.firstSample = 3
    }
    return ResidualNormCall(
      x: x, h: h, gamma: hasGamma ? t.input([width], .f32) : nil, dropout: dropped, path: samples,
      weight: hasNorm ? t.input([width], .f32) : nil, bias: hasNorm ? t.input([width], .f32) : nil, epsilon: 1e-6)
  }

  func forward(_ t: Trial) {
    // Far from zero, as the stream is in deep networks.
    let x = t.input([rows, width], .f32, .normal(scale: 2, mean: 3))
    let call = call(t, x: x, h: hasBranch ? t.input([rows, width], types.branch) : nil)
    t.backend.residualNorm(
      call, z: hasBranch ? t.output("z", [rows, width], .f32, .rounded) : nil,
      y: hasNorm ? t.output("y", [rows, width], types.normed, .rounded) : nil,
      mean: hasNorm ? t.output("mean", [rows], .f32, .rounded) : nil,
      rstd: hasNorm ? t.output("1/σ", [rows], .f32, .rounded) : nil)
  }

  /// `isLast`: the joint itself is not read by anybody else.
  func backward(_ t: Trial, isLast: Bool) {
    let z = t.input([rows, width], .f32, .normal(scale: 2, mean: 3))
    // Without LayerScale the branch is not kept.
    let h = !hasBranch ? nil : hasGamma ? t.input([rows, width], types.branch) : z
    let call = call(t, x: z, h: h)
    let (mean, rstd) = (t.scratch([rows], .f32), t.scratch([rows], .f32))
    if hasNorm {
      let plain = ResidualNormCall(
        x: z, h: nil, gamma: nil, dropout: nil, path: nil, weight: call.weight, bias: call.bias, epsilon: call.epsilon)
      t.backend.residualNorm(plain, z: nil, y: t.scratch([rows, width], types.normed), mean: mean, rstd: rstd)
    }
    let dy = hasNorm ? t.input([rows, width], types.normed) : nil
    let accuracy = types.normed == .bf16 && hasNorm ? Accuracy.computed : .rounded
    func run(_ name: String, dz: Tensor?, dx: Tensor, wanting branch: Bool, beta: Double?) {
      func sum(_ what: String, _ isThere: Bool) -> Accumulation? {
        isThere ? beta.map { t.sum("\(name): \(what)", [width], $0) } : nil
      }
      t.backend.residualNormBackward(
        call, z: z, mean: hasNorm ? mean : nil, rstd: hasNorm ? rstd : nil, dz: dz, dy: dy, dx: dx,
        dh: branch && hasBranch && !isIdentity ? t.output("\(name): dh", [rows, width], types.branch) : nil,
        dgamma: sum("dgamma", hasGamma), dweight: sum("dweight", hasNorm), dbias: sum("dbias", hasNorm))
    }
    func dx(_ name: String) -> Tensor { t.output("\(name): dx", [rows, width], .f32, accuracy) }
    let dz = isLast ? nil : t.input([rows, width], .f32)
    run("all", dz: dz, dx: dx("all"), wanting: true, beta: 0)
    run("added", dz: dz, dx: dx("added"), wanting: true, beta: 1)
    run("the stream alone", dz: dz, dx: dx("the stream alone"), wanting: false, beta: nil)
    guard !isLast else { return }
    let place = t.output("in place: dx", [rows, width], .f32, accuracy, holding: .normal())
    run("in place", dz: place, dx: place, wanting: true, beta: 0)
  }
}
