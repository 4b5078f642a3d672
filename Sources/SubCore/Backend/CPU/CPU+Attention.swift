internal import CSubKernels

extension CPUBackend {
  func attention(_ call: AttentionCall, into out: Tensor, logSumExp: Tensor) {
    var arguments = call.arguments
    sk_attention_forward(&arguments, out.rawPointer, Int64(out.shape.columns), logSumExp.floatPointer)
  }

  func attentionBackward(
    _ call: AttentionCall, out: Tensor, logSumExp: Tensor, dout: Tensor, dq: Matrix, dk: Matrix, dv: Matrix,
    dbias: Tensor?, doutside: Tensor?
  ) {
    var arguments = call.arguments
    precondition(dout.dtype == call.q.tensor.dtype, "cpu: \(dout.dtype), the gradient of \(call.q.tensor.dtype)")
    sk_attention_backward(
      &arguments, out.rawPointer, Int64(out.shape.columns), logSumExp.floatPointer, dout.rawPointer,
      Int64(dout.shape.columns), dq.rawPointer, Int64(dq.stride), dk.rawPointer, Int64(dk.stride), dv.rawPointer,
      Int64(dv.stride), dbias?.floatPointer, doutside.map { $0.floatPointer + call.q.columns },
      doutside.map { $0.floatPointer + 2 * call.q.columns })
  }
}

extension AttentionCall {
  fileprivate var arguments: sk_attention {
    sk_attention(
      type: q.tensor.kernelType, sequences: Int64(queries.count), heads: Int64(heads), head_dim: Int64(headWidth),
      q_offsets: queries.offsets.indexPointer, k_offsets: keys.offsets.indexPointer, max_q: Int64(queries.longest),
      max_k: Int64(keys.longest), q: q.rawPointer, k: k.rawPointer, v: v.rawPointer, ldq: Int64(q.stride),
      ldk: Int64(k.stride), ldv: Int64(v.stride), scale: Float(scale), causal: causal,
      key_mask: keyMask.map { UnsafePointer($0.flagPointer) }, bias: bias.map { UnsafePointer($0.floatPointer) },
      dropout: dropout?.rate ?? 0, key: dropout?.key.bits ?? 0, first_row: Int64(dropout?.firstRow ?? 0),
      rows: rows.map { UnsafePointer($0.indexPointer) },
      regions: regions.map { UnsafePointer($0.flagPointer) },
      outside_k: outside.map { UnsafePointer($0.floatPointer + q.columns) },
      outside_v: outside.map { UnsafePointer($0.floatPointer + 2 * q.columns) })
  }
}
