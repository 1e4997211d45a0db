#ifndef COCA_PIXELS_H
#define COCA_PIXELS_H

#include <stddef.h>
#include <stdint.h>

/// RGBA over white to RGB, rounded to nearest.
void pixels_over_white(const uint8_t *rgba, size_t pixels, uint8_t *rgb);

/// CMYK to RGB without a colour profile. `inverted`: 255 means no ink, as Adobe stores it.
void pixels_from_cmyk(const uint8_t *cmyk, size_t pixels, int inverted, uint8_t *rgb);

/// Copies `count` RGB pixels that lie `source_step` bytes apart to adjacent places.
void pixels_gather(const uint8_t *source, ptrdiff_t source_step, size_t count, uint8_t *target);

/// RGB bytes to three planes of floats, each channel through its 256 entries of `table`.
void pixels_to_planes(const uint8_t *rgb, size_t count, const float *table, float *red,
                      float *green, float *blue);

#endif
