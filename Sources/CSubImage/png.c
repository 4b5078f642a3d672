// PNG through libpng. Colours come out as Pillow's convert("RGB") makes them: alpha dropped, 16-bit colour cut to its
// high byte, 16-bit grey clipped at 255, colour profiles and gamma ignored. What is damaged is judged as there, too: checksums
// count up to the image data, of which it is enough that all rows can be made.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <png.h>
#include "include/subimage.h"

struct csi_png {
  png_structp png;
  png_infop info;
  csi_message *message;
  const uint8_t *bytes;
  size_t count, position;
  png_bytep *rows;
};

static void fail(png_structp png, png_const_charp text) {
  csi_message *message = png_get_error_ptr(png);
  snprintf(message->text, sizeof message->text, "%s", text);
  png_longjmp(png, 1);
}

static void silent(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void read_bytes(png_structp png, png_bytep target, png_size_t count) {
  csi_png *self = png_get_io_ptr(png);
  if (count > self->count - self->position) png_error(png, "the file ends before the image does");
  memcpy(target, self->bytes + self->position, count);
  self->position += count;
  // Of image data that are cut off what is there is taken.
  const size_t left = self->count - self->position;
  if (png_get_io_state(png) == (PNG_IO_READING | PNG_IO_CHUNK_HDR) && !memcmp(target + 4, "IDAT", 4) &&
      png_get_uint_32(target) > left)
    png_save_uint_32(target, (png_uint_32)left);
}

csi_png *csi_png_open(const uint8_t *bytes, size_t count, int *width, int *height, csi_message *message) {
  snprintf(message->text, sizeof message->text, "no memory");
  csi_png *self = calloc(1, sizeof *self);
  if (!self) return NULL;
  self->bytes = bytes;
  self->count = count;
  self->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, fail, silent);
  if (self->png) self->info = png_create_info_struct(self->png);
  if (!self->info) {
    csi_png_close(self);
    return NULL;
  }
  message->text[0] = 0;
  if (setjmp(png_jmpbuf(self->png))) {
    csi_png_close(self);
    return NULL;
  }
  png_set_read_fn(self->png, self, read_bytes);
  png_set_user_limits(self->png, 0x7fffffff, 0x7fffffff);
  png_set_crc_action(self->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_read_info(self->png, self->info);
  *width = (int)png_get_image_width(self->png, self->info);
  *height = (int)png_get_image_height(self->png, self->info);
  return self;
}

size_t csi_png_raw_bytes(const csi_png *self) {
  return png_get_rowbytes(self->png, self->info) * (size_t)png_get_image_height(self->png, self->info);
}

/// Grey or palette samples lie at the end of every row, three (two for 16 bits) bytes per pixel apart from where they
/// started, so each pixel is read before its own three bytes are written.
static void spread_row(uint8_t *row, size_t width, bool wide, const png_color *palette) {
  if (palette) {
    const uint8_t *in = row + 2 * width;
    for (size_t x = 0; x < width; x++) {
      const png_color color = palette[in[x]];
      row[3 * x] = color.red;
      row[3 * x + 1] = color.green;
      row[3 * x + 2] = color.blue;
    }
  } else if (wide) {
    const uint8_t *in = row + width;
    for (size_t x = 0; x < width; x++) {
      const uint8_t value = in[2 * x] ? 255 : in[2 * x + 1];
      row[3 * x] = row[3 * x + 1] = row[3 * x + 2] = value;
    }
  } else {
    const uint8_t *in = row + 2 * width;
    for (size_t x = 0; x < width; x++) {
      const uint8_t value = in[x];
      row[3 * x] = row[3 * x + 1] = row[3 * x + 2] = value;
    }
  }
}

/// Whether all rows were made, so that only the end of the image data can be missing.
static bool is_complete(const csi_png *self) {
  return png_get_interlace_type(self->png, self->info) == PNG_INTERLACE_NONE
             ? png_get_current_row_number(self->png) >= png_get_image_height(self->png, self->info)
             : png_get_current_pass_number(self->png) >= PNG_INTERLACE_ADAM7_PASSES;
}

/// The rows as libpng makes them, each at the end of its place in `out`: three bytes per pixel, two of 16-bit grey, else one.
static bool read_rows(csi_png *self, uint8_t *out, size_t bytes, csi_message *message) {
  png_structp png = self->png;
  png_set_error_fn(png, message, fail, silent);
  if (setjmp(png_jmpbuf(png))) return is_complete(self);
  png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_NO_CHANGE);
  const size_t width = png_get_image_width(png, self->info), height = png_get_image_height(png, self->info);
  const int depth = png_get_bit_depth(png, self->info), type = png_get_color_type(png, self->info);
  if (type == PNG_COLOR_TYPE_PALETTE) {
    png_set_packing(png);
  } else if (type == PNG_COLOR_TYPE_GRAY && depth < 8) {
    png_set_expand_gray_1_2_4_to_8(png);
  }
  if (depth == 16 && type != PNG_COLOR_TYPE_GRAY) png_set_strip_16(png);
  if (type & PNG_COLOR_MASK_ALPHA) png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, self->info);
  if (png_get_rowbytes(png, self->info) != bytes * width) png_error(png, "unexpected row size");
  self->rows = malloc(height * sizeof *self->rows);
  if (!self->rows) png_error(png, "no memory");
  for (size_t y = 0; y < height; y++) self->rows[y] = out + y * width * 3 + (3 - bytes) * width;
  png_read_image(png, self->rows);
  return true;
}

bool csi_png_decode(csi_png *self, uint8_t *out, csi_message *message) {
  message->text[0] = 0;
  const size_t width = png_get_image_width(self->png, self->info);
  const size_t height = png_get_image_height(self->png, self->info);
  const int type = png_get_color_type(self->png, self->info);
  const bool wide_grey = png_get_bit_depth(self->png, self->info) == 16 && type == PNG_COLOR_TYPE_GRAY;
  png_color palette[256];
  memset(palette, 0, sizeof palette);
  if (type == PNG_COLOR_TYPE_PALETTE) {
    png_colorp colors = NULL;
    int colors_count = 0;
    if (!png_get_PLTE(self->png, self->info, &colors, &colors_count)) {
      snprintf(message->text, sizeof message->text, "no palette");
      return false;
    }
    memcpy(palette, colors, sizeof(png_color) * (size_t)(colors_count < 256 ? colors_count : 256));
  }
  const size_t bytes = (type & PNG_COLOR_MASK_COLOR) && type != PNG_COLOR_TYPE_PALETTE ? 3 : wide_grey ? 2 : 1;
  if (!read_rows(self, out, bytes, message)) return false;
  message->text[0] = 0;
  if (bytes == 3) return true;
  for (size_t y = 0; y < height; y++)
    spread_row(out + y * width * 3, width, wide_grey, type == PNG_COLOR_TYPE_PALETTE ? palette : NULL);
  return true;
}

void csi_png_close(csi_png *self) {
  if (!self) return;
  if (self->png) png_destroy_read_struct(&self->png, self->info ? &self->info : NULL, NULL);
  free(self->rows);
  free(self);
}

typedef struct {
  uint8_t *bytes;
  size_t count, capacity;
} sink;

static void write_bytes(png_structp png, png_bytep bytes, png_size_t count) {
  sink *to = png_get_io_ptr(png);
  if (count > to->capacity - to->count) {
    const size_t capacity = (to->count + count) * 2;
    uint8_t *larger = realloc(to->bytes, capacity);
    if (!larger) png_error(png, "no memory");
    to->bytes = larger;
    to->capacity = capacity;
  }
  memcpy(to->bytes + to->count, bytes, count);
  to->count += count;
}

static void flush_bytes(png_structp png) { (void)png; }

bool csi_png_encode(const uint8_t *rgb, int width, int height, uint8_t **out, size_t *count, csi_message *message) {
  snprintf(message->text, sizeof message->text, "no memory");
  sink *to = calloc(1, sizeof *to);
  if (!to) return false;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, message, fail, silent);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info || setjmp(png_jmpbuf(png))) {
    if (png) png_destroy_write_struct(&png, info ? &info : NULL);
    free(to->bytes);
    free(to);
    return false;
  }
  png_set_write_fn(png, to, write_bytes, flush_bytes);
  png_set_IHDR(
    png, info, (png_uint_32)width, (png_uint_32)height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
    PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int y = 0; y < height; y++) png_write_row(png, rgb + (size_t)y * (size_t)width * 3);
  png_write_end(png, NULL);
  png_destroy_write_struct(&png, &info);
  *out = to->bytes;
  *count = to->count;
  free(to);
  message->text[0] = 0;
  return true;
}

void csi_free(void *memory) { free(memory); }
