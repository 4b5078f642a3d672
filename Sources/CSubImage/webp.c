// WebP through libwebp: lossy, lossless, with alpha (dropped) and animated (the first frame on its canvas).
#include <stdio.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>
#include "include/subimage.h"

bool csi_webp_header(
  const uint8_t *bytes, size_t count, int *width, int *height, bool *animated, csi_message *message) {
  message->text[0] = 0;
  WebPBitstreamFeatures features;
  const VP8StatusCode status = WebPGetFeatures(bytes, count, &features);
  if (status != VP8_STATUS_OK) {
    const bool cut = status == VP8_STATUS_NOT_ENOUGH_DATA;
    snprintf(message->text, sizeof message->text, cut ? "the file ends in its header" : "broken WebP header");
    return false;
  }
  *width = features.width;
  *height = features.height;
  *animated = features.has_animation != 0;
  return true;
}

static bool decode_animation(const uint8_t *bytes, size_t count, int width, int height, uint8_t *out) {
  WebPAnimDecoderOptions options;
  WebPAnimDecoderOptionsInit(&options);
  options.color_mode = MODE_RGBA;
  options.use_threads = 0;
  const WebPData data = {bytes, count};
  WebPAnimDecoder *decoder = WebPAnimDecoderNew(&data, &options);
  if (!decoder) return false;
  WebPAnimInfo info;
  uint8_t *frame = NULL;
  int time = 0;
  const bool good = WebPAnimDecoderGetInfo(decoder, &info) && (int)info.canvas_width == width &&
    (int)info.canvas_height == height && WebPAnimDecoderGetNext(decoder, &frame, &time);
  if (good) {
    for (size_t i = 0, end = (size_t)width * (size_t)height; i < end; i++) memcpy(out + 3 * i, frame + 4 * i, 3);
  }
  WebPAnimDecoderDelete(decoder);
  return good;
}

bool csi_webp_decode(const uint8_t *bytes, size_t count, int width, int height, uint8_t *out, csi_message *message) {
  message->text[0] = 0;
  WebPBitstreamFeatures features;
  bool good = WebPGetFeatures(bytes, count, &features) == VP8_STATUS_OK;
  if (good && features.has_animation) {
    good = decode_animation(bytes, count, width, height, out);
  } else if (good) {
    const size_t size = (size_t)width * (size_t)height * 3;
    good = features.width == width && features.height == height &&
      WebPDecodeRGBInto(bytes, count, out, size, width * 3);
  }
  if (!good) snprintf(message->text, sizeof message->text, "the WebP data are broken or cut");
  return good;
}
