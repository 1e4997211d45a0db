#include "pixels.h"

static inline uint8_t divide_by_255(uint32_t value) {
  value += 128;
  return (uint8_t)((value + (value >> 8)) >> 8);
}

void pixels_over_white(const uint8_t *rgba, size_t pixels, uint8_t *rgb) {
  for (size_t i = 0; i < pixels; i++, rgba += 4, rgb += 3) {
    uint32_t alpha = rgba[3];
    uint32_t white = 255 * (255 - alpha);
    rgb[0] = divide_by_255(rgba[0] * alpha + white);
    rgb[1] = divide_by_255(rgba[1] * alpha + white);
    rgb[2] = divide_by_255(rgba[2] * alpha + white);
  }
}

void pixels_from_cmyk(const uint8_t *cmyk, size_t pixels, int inverted, uint8_t *rgb) {
  uint32_t flip = inverted ? 0 : 255;
  for (size_t i = 0; i < pixels; i++, cmyk += 4, rgb += 3) {
    uint32_t light = cmyk[3] ^ flip;
    for (int c = 0; c < 3; c++) {
      uint32_t ink = 255 - (cmyk[c] ^ flip);
      rgb[c] = (uint8_t)(light - divide_by_255(ink * light));
    }
  }
}

void pixels_gather(const uint8_t *source, ptrdiff_t source_step, size_t count, uint8_t *target) {
  for (size_t i = 0; i < count; i++, source += source_step, target += 3) {
    target[0] = source[0];
    target[1] = source[1];
    target[2] = source[2];
  }
}

void pixels_to_planes(const uint8_t *rgb, size_t count, const float *table, float *red,
                      float *green, float *blue) {
  for (size_t i = 0; i < count; i++, rgb += 3) {
    red[i] = table[rgb[0]];
    green[i] = table[256 + rgb[1]];
    blue[i] = table[512 + rgb[2]];
  }
}
