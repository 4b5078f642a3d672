internal import CSubKernels

extension CPUBackend {
  func attention(_ call: AttentionCall, into out: Tensor, logSumExp: Tensor) {
    var arguments = call.arguments
    sk_attention_forward(&arguments, out.floatPointer, Int64(out.shape.columns), logSumExp.floatPointer)
  }

  func attentionBackward(
    _ call: AttentionCall, out: Tensor, logSumExp: Tensor, dout: Tensor, dq: Matrix, dk: Matrix, dv: Matrix,
    dbias: Tensor?, doutside: Tensor?
  ) {
    var arguments = call.arguments
    sk_attention_backward(
      &arguments, out.floatPointer, Int64(out.shape.columns), logSumExp.floatPointer, dout.floatPointer,
      Int64(dout.shape.columns), dq.floatPointer, Int64(dq.stride), dk.floatPointer, Int64(dk.stride),
      dv.floatPointer, Int64(dv.stride), dbias?.floatPointer, doutside.map { $0.floatPointer + call.q.columns },
      doutside.map { $0.floatPointer + 2 * call.q.columns })
  }
}

extension AttentionCall {
  fileprivate var arguments: sk_attention {
    sk_attention(
      sequences: Int64(queries.count), heads: Int64(heads), head_dim: Int64(headWidth),
      q_offsets: queries.offsets.indexPointer, k_offsets: keys.offsets.indexPointer, max_q: Int64(queries.longest),
      max_k: Int64(keys.longest), q: q.floatPointer, k: k.floatPointer, v: v.floatPointer, ldq: Int64(q.stride),
      ldk: Int64(k.stride), ldv: Int64(v.stride), scale: Float(scale), causal: causal,
      key_mask: keyMask.map { UnsafePointer($0.flagPointer) }, bias: bias.map { UnsafePointer($0.floatPointer) },
      dropout: dropout?.rate ?? 0, key: dropout?.key.bits ?? 0, rows: rows.map { UnsafePointer($0.indexPointer) },
      regions: regions.map { UnsafePointer($0.flagPointer) },
      outside_k: outside.map { UnsafePointer($0.floatPointer + q.columns) },
      outside_v: outside.map { UnsafePointer($0.floatPointer + 2 * q.columns) })
  }
}
