#include "resample.h"

#include "levels.h"

#define HALF (1 << (RESAMPLE_PRECISION - 1))

static inline uint8_t rounded(int32_t sum) {
  sum >>= RESAMPLE_PRECISION;
  return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

void resample_horizontal_plain(const uint8_t *source, size_t source_stride, int32_t rows,
                               resample_weights weights, uint8_t *target) {
  for (int32_t row = 0; row < rows; row++, source += source_stride) {
    for (int32_t i = 0; i < weights.outputs; i++, target += 3) {
      const uint8_t *pixel = source + 3 * (size_t)weights.starts[i];
      size_t first = (size_t)i * (size_t)weights.taps;
      int32_t red = HALF, green = HALF, blue = HALF;
      for (int32_t t = 0; t < weights.taps; t++, pixel += 3) {
        int32_t weight = resample_weight(weights, first + (size_t)t);
        red += weight * pixel[0];
        green += weight * pixel[1];
        blue += weight * pixel[2];
      }
      target[0] = rounded(red);
      target[1] = rounded(green);
      target[2] = rounded(blue);
    }
  }
}

void resample_vertical_plain(const uint8_t *source, size_t source_stride, size_t row_bytes,
                             resample_weights weights, int32_t output, uint8_t *target_row) {
  enum { BLOCK = 64 };
  const uint8_t *top = source + (size_t)weights.starts[output] * source_stride;
  size_t weight_index = (size_t)output * (size_t)weights.taps;
  for (size_t from = 0; from < row_bytes; from += BLOCK) {
    size_t count = row_bytes - from < BLOCK ? row_bytes - from : BLOCK;
    int32_t sums[BLOCK];
    for (size_t i = 0; i < count; i++) sums[i] = HALF;
    for (int32_t t = 0; t < weights.taps; t++) {
      int32_t weight = resample_weight(weights, weight_index + (size_t)t);
      const uint8_t *row = top + (size_t)t * source_stride + from;
      for (size_t i = 0; i < count; i++) sums[i] += weight * row[i];
    }
    for (size_t i = 0; i < count; i++) target_row[from + i] = rounded(sums[i]);
  }
}

resample_level resample_best_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) return RESAMPLE_AVX2;
#endif
  return RESAMPLE_PLAIN;
}

void resample_horizontal(resample_level level, const uint8_t *source, size_t source_stride,
                         int32_t rows, resample_weights weights, uint8_t *target) {
#if defined(__x86_64__)
  if (level == RESAMPLE_AVX2) {
    resample_horizontal_avx2(source, source_stride, rows, weights, target);
    return;
  }
#endif
  resample_horizontal_plain(source, source_stride, rows, weights, target);
}

void resample_vertical(resample_level level, const uint8_t *source, size_t source_stride,
                       size_t row_bytes, resample_weights weights, uint8_t *target) {
#if defined(__x86_64__)
  if (level == RESAMPLE_AVX2) {
    resample_vertical_avx2(source, source_stride, row_bytes, weights, target);
    return;
  }
#endif
  for (int32_t i = 0; i < weights.outputs; i++) {
    resample_vertical_plain(source, source_stride, row_bytes, weights, i,
                            target + (size_t)i * row_bytes);
  }
}
