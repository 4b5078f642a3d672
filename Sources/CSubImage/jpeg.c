// JPEG through libjpeg-turbo with the library's defaults (integer slow DCT, fancy upsampling): Pillow's pixels.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <jerror.h>
#include "include/subimage.h"

// A progressive file may hold any number of scans over the whole image; more than this is no picture but an attack.
enum { most_scans = 200 };

struct csi_jpeg {
  struct jpeg_decompress_struct cinfo;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  jmp_buf trap;
  csi_message *message;
  uint8_t *scratch;
  bool ended;  // the file ran out and an end marker was made up
  bool cut;    // pixels were needed after that
};

static const JOCTET end_marker[2] = {0xff, JPEG_EOI};

static void fail(j_common_ptr cinfo) {
  csi_jpeg *self = cinfo->client_data;
  char text[JMSG_LENGTH_MAX];
  cinfo->err->format_message(cinfo, text);
  snprintf(self->message->text, sizeof self->message->text, "%s", text);
  longjmp(self->trap, 1);
}

static void warn(j_common_ptr cinfo, int level) {
  csi_jpeg *self = cinfo->client_data;
  if (level < 0 && cinfo->err->msg_code == JWRN_HIT_MARKER && self->ended) self->cut = true;
}

static void silent(j_common_ptr cinfo) { (void)cinfo; }
static void nothing(j_decompress_ptr cinfo) { (void)cinfo; }

static boolean fill(j_decompress_ptr cinfo) {
  csi_jpeg *self = cinfo->client_data;
  self->ended = true;
  cinfo->src->next_input_byte = end_marker;
  cinfo->src->bytes_in_buffer = 2;
  return TRUE;
}

static void skip(j_decompress_ptr cinfo, long count) {
  if (count <= 0) return;
  size_t have = cinfo->src->bytes_in_buffer, want = (size_t)count;
  cinfo->src->next_input_byte += want < have ? want : have;
  cinfo->src->bytes_in_buffer -= want < have ? want : have;
}

static void watch(j_common_ptr common) {
  csi_jpeg *self = common->client_data;
  if (self->cinfo.input_scan_number <= most_scans) return;
  snprintf(self->message->text, sizeof self->message->text, "more than %d scans", most_scans);
  longjmp(self->trap, 1);
}

csi_jpeg *csi_jpeg_open(const uint8_t *bytes, size_t count, int *width, int *height, csi_message *message) {
  message->text[0] = 0;
  csi_jpeg *self = calloc(1, sizeof *self);
  if (!self) {
    snprintf(message->text, sizeof message->text, "no memory");
    return NULL;
  }
  self->message = message;
  self->cinfo.err = jpeg_std_error(&self->errors);
  self->errors.error_exit = fail;
  self->errors.emit_message = warn;
  self->errors.output_message = silent;
  self->cinfo.client_data = self;
  if (setjmp(self->trap)) {
    csi_jpeg_close(self);
    return NULL;
  }
  jpeg_create_decompress(&self->cinfo);
  self->source.init_source = nothing;
  self->source.fill_input_buffer = fill;
  self->source.skip_input_data = skip;
  self->source.resync_to_restart = jpeg_resync_to_restart;
  self->source.term_source = nothing;
  self->source.next_input_byte = bytes;
  self->source.bytes_in_buffer = count;
  self->cinfo.src = &self->source;
  self->progress.progress_monitor = watch;
  self->cinfo.progress = &self->progress;
  jpeg_read_header(&self->cinfo, TRUE);
  switch (self->cinfo.num_components) {
    case 1: self->cinfo.out_color_space = JCS_GRAYSCALE; break;
    case 3: self->cinfo.out_color_space = JCS_RGB; break;
    case 4: self->cinfo.out_color_space = JCS_CMYK; break;
    default:
      snprintf(message->text, sizeof message->text, "%d colour components", self->cinfo.num_components);
      csi_jpeg_close(self);
      return NULL;
  }
  *width = (int)self->cinfo.image_width;
  *height = (int)self->cinfo.image_height;
  return self;
}

void csi_jpeg_scaled_size(csi_jpeg *self, int denominator, int *width, int *height) {
  // libjpeg's own rule: rounded up.
  *width = (int)((self->cinfo.image_width + (unsigned)denominator - 1) / (unsigned)denominator);
  *height = (int)((self->cinfo.image_height + (unsigned)denominator - 1) / (unsigned)denominator);
}

bool csi_jpeg_decode(
  csi_jpeg *self, int denominator, int left, int top, int width, int height, uint8_t *out, csi_message *message
) {
  message->text[0] = 0;
  self->message = message;
  if (setjmp(self->trap)) return false;
  struct jpeg_decompress_struct *cinfo = &self->cinfo;
  cinfo->scale_num = 1;
  cinfo->scale_denom = (unsigned)denominator;
  jpeg_start_decompress(cinfo);
  if (left < 0 || top < 0 || width <= 0 || height <= 0 || (unsigned)left + (unsigned)width > cinfo->output_width ||
      (unsigned)top + (unsigned)height > cinfo->output_height) {
    snprintf(message->text, sizeof message->text, "the rectangle lies outside the image");
    return false;
  }
  // Upsampling looks at neighbours: a border of two coded blocks keeps the wanted pixels as in a whole decode.
  const unsigned border = 64;
  JDIMENSION first = 0, columns = cinfo->output_width;
  if ((unsigned)width + 2 * border < cinfo->output_width) {
    unsigned end = (unsigned)(left + width) + border;
    first = (unsigned)left > border ? (unsigned)left - border : 0;
    columns = (end < cinfo->output_width ? end : cinfo->output_width) - first;
    jpeg_crop_scanline(cinfo, &first, &columns);
  }
  if ((unsigned)top > border) jpeg_skip_scanlines(cinfo, (unsigned)top - border);
  const int components = cinfo->output_components;
  const bool direct = components == 3 && first == 0 && (unsigned)left == 0 && columns == (unsigned)width;
  if (!direct) {
    self->scratch = malloc((size_t)columns * (size_t)components);
    if (!self->scratch) {
      snprintf(message->text, sizeof message->text, "no memory");
      return false;
    }
  }
  while (cinfo->output_scanline < (unsigned)(top + height)) {
    const int y = (int)cinfo->output_scanline - top;
    uint8_t *target = out + (size_t)(y < 0 ? 0 : y) * (size_t)width * 3;
    JSAMPROW row = direct ? target : self->scratch;
    if (jpeg_read_scanlines(cinfo, &row, 1) != 1) break;
    if (self->cut) break;
    if (direct || y < 0) continue;
    const uint8_t *pixels = row + ((size_t)left - first) * (size_t)components;
    if (components == 3) {
      memcpy(target, pixels, (size_t)width * 3);
    } else if (components == 4) {
      csi_cmyk_row(pixels, target, (size_t)width);
    } else {
      for (int x = 0; x < width; x++) target[3 * x] = target[3 * x + 1] = target[3 * x + 2] = pixels[x];
    }
  }
  // A progressive file without its end may lack whole scans: every pixel would be there, and wrong.
  if (self->ended && jpeg_has_multiple_scans(cinfo)) self->cut = true;
  if (self->cut || cinfo->output_scanline < (unsigned)(top + height)) {
    snprintf(message->text, sizeof message->text, "the file ends before the image does");
    return false;
  }
  return true;
}

void csi_jpeg_close(csi_jpeg *self) {
  if (!self) return;
  jpeg_destroy_decompress(&self->cinfo);
  free(self->scratch);
  free(self);
}
