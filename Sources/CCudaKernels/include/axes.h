// Arguments of the kernels of axes.cu.
#ifndef MASKSUB_AXES_H
#define MASKSUB_AXES_H

/// Up to six axes, the innermost first: what turns the number of an item into its index along every one. A number n
/// below 2³¹ divided by a length is n · multiplier >> shift.
typedef struct {
  int rank;
  unsigned length[6], multiplier[6];
  int shift[6];
} ms_axes;

/// y = x, or y + x, item by item. An item is an element, or several neighbours at once. Strides: of items, in the type
/// that is read and written at once (copies) or in elements (sums).
typedef struct {
  const void *x;
  void *y;
  unsigned items;
  ms_axes axes;
  long long x_stride[6], y_stride[6];
} ms_copy;

/// y = x where x's elements are neighbours along another axis (`rows`) than y's (`columns`): matrices to be transposed,
/// one for every index of `axes`. Strides in elements.
typedef struct {
  const void *x;
  void *y;
  unsigned rows, columns;
  long long x_column, y_row;
  ms_axes axes;
  long long x_stride[6], y_stride[6];
} ms_turn;

/// y [elements], dense, = f(a, b), item by item: one element, or four along the innermost axis, of which the last item
/// has what is left. Strides of items, in elements; 0 along the innermost axis: one element for all.
typedef struct {
  const float *a, *b;
  void *y;
  unsigned items, elements;
  /// A `BinaryFunction`'s or `Comparison`'s number.
  int function;
  ms_axes axes;
  long long a_stride[6], b_stride[6];
} ms_zip;

/// y [outer, parts, inner] = beta · y + x [outer, length, inner] reduced over parts of the axis of `part` elements.
typedef struct {
  const float *x;
  float *y;
  long long outer, length, inner;
  float beta;
  /// The lanes, 1 to 32 and a power of two, that share a row (inner 1); of `reduce_rows` alone.
  int lanes;
  /// Of `reduce_columns` alone; the neighbouring results of a block are `columns`, at most 256.
  int columns, parts;
  long long part;
} ms_reduce;

/// y [outer, inner] = the index of the first largest element of x [outer, length, inner].
typedef struct {
  const void *x;
  int *y;
  long long outer, length, inner;
  /// Neighbouring results of a block, at most 256.
  int columns;
} ms_argmax;
#endif
