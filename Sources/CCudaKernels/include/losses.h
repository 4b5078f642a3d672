#ifndef MS_LOSSES_H
#define MS_LOSSES_H

/// Softmax, cross-entropy and binary cross-entropy by rows of logits. A team of `team` threads, a warp or a whole block,
/// takes a row; a block holds blockDim.x / team of them.
typedef struct {
  const float *logits;   // [rows, classes]
  const float *target;   // [rows, classes], or NULL: one-hot labels
  const int *labels;     // [rows]; one that is no class is the one-hot row of zeros
  float *out;            // [rows] losses, or [rows, classes]; may be the logits then
  long long rows;
  int classes;
  int team;
  float smoothing;       // of labels, cross-entropy only: t = (1 − smoothing) · one-hot + smoothing / classes
  float scale;           // on gradients
} ms_losses;

#endif
