/// How many registers kernels may take, of 255: the more a kernel takes, the fewer threads fit a multiprocessor, which hide
/// each other's waiting (65536 registers: 40 a thread let 1536 threads be there, 128 let 512). Held for NVRTC 13.0 and 13.2.
enum RegisterLimits {
  /// Of a kernel that is not listed.
  static let usual = 40

  /// Bytes that kernels may put aside, spilled and on the stack together: what attention with biases, windows or long rows
  /// keeps beside its loop over keys, where a block of 512 threads leaves 128 registers.
  static let putAside = [
    "attention_tiles_backward_64_biased": 320, "attention_tiles_backward_80_plain": 64, "sort_place": 16,
    "attention_tiles_forward_64_32": 256, "attention_tiles_bias_32": 64,
  ]

  /// Of those that are known to take more, by unit; in steps of 8, as registers are given.
  static let of: [String: [String: Int]] = [
    "elementwise": ["function_f32": 48],
    "rows": [
      "patchify_bf16": 48, "patchify_f32": 48, "scatter_sum_bf16": 80, "scatter_sum_f32": 80, "sort_place": 72,
    ],
    "losses": ["binary_cross_entropy": 48],
    "norm": [
      "residual_norm_16x3": 48, "residual_norm_32x12": 144, "residual_norm_32x3": 48, "residual_norm_32x4": 48,
      "residual_norm_32x6": 72, "residual_norm_32x8": 96, "residual_norm_8x3": 48, "residual_norm_backward_16x3": 72,
      "residual_norm_backward_32x12": 248, "residual_norm_backward_32x3": 72, "residual_norm_backward_32x4": 80,
      "residual_norm_backward_32x6": 128, "residual_norm_backward_32x8": 168, "residual_norm_backward_8x3": 72,
      "residual_norm_backward_any": 48,
    ],
    "sums": [
      "activation_backward_vectors_bf16": 56, "activation_backward_vectors_f32": 48, "column_sum_vectors_bf16": 48,
    ],
    "optimizers": [
      "adamw_update": 64, "lamb_moments": 56,
    ],
    "attention": [
      "attention_forward_128": 128, "attention_forward_256": 112, "attention_forward_32": 128,
      "attention_forward_64": 128, "attention_keys_128": 168, "attention_keys_256": 168, "attention_keys_32": 168,
      "attention_keys_64": 168, "attention_queries_128": 168, "attention_queries_256": 120,
      "attention_queries_32": 168, "attention_queries_64": 168,
    ],
    "tiles_forward": [
      "attention_tiles_forward_32_16": 96, "attention_tiles_forward_32_32": 144,
      "attention_tiles_forward_32_biased": 128, "attention_tiles_forward_32_full": 128,
      "attention_tiles_forward_64_16": 128, "attention_tiles_forward_64_32": 168,
      "attention_tiles_forward_64_biased": 168, "attention_tiles_forward_64_full": 160,
      "attention_tiles_forward_80_16": 152, "attention_tiles_forward_80_32": 232,
      "attention_tiles_forward_80_full": 168,
    ],
    "tiles_backward": [
      "attention_tiles_backward_32_biased": 128, "attention_tiles_backward_32_full": 128,
      "attention_tiles_backward_32_one": 64, "attention_tiles_backward_32_plain": 120,
      "attention_tiles_backward_64_biased": 128, "attention_tiles_backward_64_full": 128,
      "attention_tiles_backward_64_one": 96, "attention_tiles_backward_64_plain": 128,
      "attention_tiles_backward_80_full": 168, "attention_tiles_backward_80_one": 128,
      "attention_tiles_backward_80_plain": 168,
    ],
    "tiles_bias": [
      "attention_tiles_bias_32": 152, "attention_tiles_bias_64": 168,
    ],
    "fragments": [
      "fragment_probe": 64
    ],
    "batch_norm": [
      "batch_moments_wide_bf16": 64,
      "batch_moments_wide_f32": 64,
      "batch_norm_backward_wide_bf16": 104,
      "batch_norm_backward_wide_f32": 80,
      "batch_norm_joint_sums_bf16": 48,
      "batch_norm_joint_sums_f32": 48,
      "batch_norm_joint_sums_wide_bf16": 112,
      "batch_norm_joint_sums_wide_f32": 104,
      "batch_norm_relu_backward_bf16": 48,
      "batch_norm_relu_backward_wide_bf16": 120,
      "batch_norm_relu_backward_wide_f32": 80,
      "batch_norm_relu_sums_wide_bf16": 120,
      "batch_norm_relu_sums_wide_f32": 80,
      "batch_norm_sums_wide_bf16": 80,
      "batch_norm_sums_wide_f32": 64,
      "batch_norm_wide_bf16": 96,
      "batch_norm_wide_f32": 72,
      "join_moments": 48,
    ],
    "convolution": [
      "convolve_128x128_bf16": 248,
      "convolve_128x64_bf16": 168,
      "convolve_elements_bf16": 168,
      "convolve_elements_f32": 112,
      "convolve_weight_128x128_bf16": 232,
      "convolve_weight_64x128_bf16": 152,
      "convolve_weight_elements_bf16": 160,
      "convolve_weight_elements_f32": 96,
    ],
    "grids": [
      "max_pool_wide_f32": 48, "max_pool_wide_bf16": 64, "normalize_pixels_wide": 64,
    ],
  ]
}
