// Image files and pixels: decoders whose errors come back as values, and the loops that run once per pixel.
// Images are interleaved RGB bytes, rows top to bottom. Everything is single-threaded and keeps no state between calls.
#ifndef SUB_IMAGE_H
#define SUB_IMAGE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Bytes that must be readable after the last pixel of an image given to any function here, and writable after the last
/// pixel of a result: vector loads and stores run over the end.
#define CSI_PADDING 64

/// What went wrong, as text; empty when nothing did.
typedef struct { char text[240]; } csi_message;

// JPEG (jpeg.c)

typedef struct csi_jpeg csi_jpeg;
/// Reads the header. NULL and a message if `bytes` are no JPEG that can be decoded. They must outlive the decoder.
csi_jpeg *csi_jpeg_open(const uint8_t *bytes, size_t count, int *width, int *height, csi_message *message);
/// The size after a decode at 1/denominator (1, 2, 4 or 8).
void csi_jpeg_scaled_size(csi_jpeg *decoder, int denominator, int *width, int *height);
/// Decodes the given rectangle of the scaled image into width*height*3 bytes. Call once. False and a message on
/// failure.
bool csi_jpeg_decode(
  csi_jpeg *decoder, int denominator, int left, int top, int width, int height, uint8_t *out, csi_message *message);
void csi_jpeg_close(csi_jpeg *decoder);

// PNG (png.c)

typedef struct csi_png csi_png;
/// Reads everything before the pixels. NULL and a message if `bytes` are no PNG. `bytes` must outlive the decoder.
csi_png *csi_png_open(const uint8_t *bytes, size_t count, int *width, int *height, csi_message *message);
/// Bytes of the unpacked pixel data, for a check against what the compressed bytes can hold.
size_t csi_png_raw_bytes(const csi_png *decoder);
/// Decodes into width*height*3 bytes; alpha is dropped. Call once. False and a message on failure.
bool csi_png_decode(csi_png *decoder, uint8_t *out, csi_message *message);
void csi_png_close(csi_png *decoder);
/// Writes an 8-bit RGB PNG into memory that the caller frees with `csi_free`. False and a message on failure.
bool csi_png_encode(const uint8_t *rgb, int width, int height, uint8_t **out, size_t *count, csi_message *message);
void csi_free(void *memory);

// WebP (webp.c)

/// Reads the header. False and a message if `bytes` are no WebP.
bool csi_webp_header(
  const uint8_t *bytes, size_t count, int *width, int *height, bool *animated, csi_message *message);
/// Decodes (the first frame of an animation) into width*height*3 bytes; alpha is dropped.
bool csi_webp_decode(const uint8_t *bytes, size_t count, int width, int height, uint8_t *out, csi_message *message);

// Resampling (resize.c, affine.c). Filters: 2 bilinear, 3 bicubic, as Pillow numbers them.

/// A part of a picture that may be too large to exist.
typedef struct { int64_t left, top; int width, height; } csi_window;
/// Antialiased resize of a width*height view (rows `stride` bytes apart) to new_width*new_height, of which only the
/// window is computed and written. False: no memory.
bool csi_resize(
  const uint8_t *in, ptrdiff_t stride, int width, int height, uint8_t *out, int64_t new_width, int64_t new_height,
  csi_window window, int filter);
/// out(x, y) = in(matrix · (x + ½, y + ½)); where that falls outside, out keeps its bytes (the fill colour).
void csi_affine(const uint8_t *in, uint8_t *out, int width, int height, const double matrix[6], int filter);

// Pixels (pixels.c)

void csi_fill(uint8_t *out, size_t pixels, const uint8_t color[3]);
void csi_flip(uint8_t *rgb, int width, int height);
/// Copies luma (ITU-R 601-2) into all three channels.
void csi_grayscale(const uint8_t *in, uint8_t *out, size_t pixels);
/// The sum of all luma values.
uint64_t csi_luma_sum(const uint8_t *rgb, size_t pixels);
/// rgb = degenerate + factor · (rgb - degenerate) with a constant degenerate value.
void csi_blend_constant(uint8_t *rgb, size_t bytes, int degenerate, float factor);
/// The same with the pixel's own luma.
void csi_blend_luma(uint8_t *rgb, size_t pixels, float factor);
/// The same with the smoothed image (3x3, centre 5, others 1, over 13; the border unsmoothed).
void csi_blend_smooth(const uint8_t *in, uint8_t *out, int width, int height, float factor);
void csi_histogram(const uint8_t *rgb, size_t pixels, uint32_t counts[768]);
/// Looks every byte up in its channel's 256 entries.
void csi_lookup(uint8_t *rgb, size_t pixels, const uint8_t tables[768]);
void csi_invert(uint8_t *rgb, size_t bytes);
void csi_and(uint8_t *rgb, size_t bytes, int mask);
/// Values at or above `threshold` are inverted.
void csi_solarize(uint8_t *rgb, size_t bytes, int threshold);
/// `add` is added to values below 128, up to 255.
void csi_solarize_add(uint8_t *rgb, size_t bytes, int add);
/// CMYK samples stored inverted (Adobe) to RGB, in Pillow's arithmetic.
void csi_cmyk_row(const uint8_t *cmyk, uint8_t *rgb, size_t pixels);

// Blur (blur.c)

/// Three box blurs of the given (fractional) radius along rows, then three along columns. False: no memory.
bool csi_box_blur3(uint8_t *rgb, int width, int height, float radius);

// Batches (batch.c)

/// The first standard normal numbers of a stream.
void csi_fill_normal(float *out, size_t count, uint64_t key);
/// a = weight·a + rest·b and b = weight·b + rest·a, elementwise, both from the old values, rounded half to even.
void csi_mix_pair_u8(uint8_t *a, uint8_t *b, size_t count, float weight, float rest);
#endif
