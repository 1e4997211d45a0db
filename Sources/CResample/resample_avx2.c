#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "levels.h"

// A weight has 24 bits, but a multiply-add of pairs takes 16. So each weight is split into a high
// and a low part, which are summed separately and combined at the end. Sums may wrap around; the
// combined result does not.

#define AVX2 __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline)) AVX2

INLINE __m256i pair(const int16_t *weights) {
  int32_t both;
  memcpy(&both, weights, sizeof both);
  return _mm256_set1_epi32(both);
}

INLINE __m256i joined(__m256i high, __m256i low) {
  __m256i half = _mm256_set1_epi32(1 << (RESAMPLE_PRECISION - 1));
  __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, 15), _mm256_add_epi32(low, half));
  return _mm256_srai_epi32(sum, RESAMPLE_PRECISION);
}

INLINE __m256i multiply_add(__m256i sum, __m256i values, __m256i weights) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(values, weights));
}

INLINE __m256i two_rows(const uint8_t *upper, const uint8_t *lower) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)upper)),
                                 _mm_loadu_si128((const __m128i *)lower), 1);
}

INLINE void store_pixel(uint8_t *target, __m128i sums) {
  __m128i words = _mm_packs_epi32(sums, sums);
  uint32_t bytes = (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(words, words));
  memcpy(target, &bytes, 3);
}

// One output pixel of two rows: each half of a register holds one row's red, green and blue.
INLINE void pixel_of_two_rows(const uint8_t *upper, const uint8_t *lower, const int16_t *high,
                              const int16_t *low, int32_t taps, uint8_t *upper_target,
                              uint8_t *lower_target) {
  const __m256i first_two = _mm256_setr_epi8(
      0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,
      0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  const __m256i last_two = _mm256_setr_epi8(
      6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1,
      6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  __m256i high_sum = _mm256_setzero_si256(), low_sum = _mm256_setzero_si256();
  for (int32_t t = 0; t < taps; t += 4, upper += 12, lower += 12) {
    __m256i bytes = two_rows(upper, lower);
    __m256i left = _mm256_shuffle_epi8(bytes, first_two);
    __m256i right = _mm256_shuffle_epi8(bytes, last_two);
    high_sum = multiply_add(high_sum, left, pair(high + t));
    low_sum = multiply_add(low_sum, left, pair(low + t));
    high_sum = multiply_add(high_sum, right, pair(high + t + 2));
    low_sum = multiply_add(low_sum, right, pair(low + t + 2));
  }
  __m256i sum = joined(high_sum, low_sum);
  store_pixel(upper_target, _mm256_castsi256_si128(sum));
  store_pixel(lower_target, _mm256_extracti128_si256(sum, 1));
}

AVX2 void resample_horizontal_avx2(const uint8_t *source, size_t source_stride, int32_t rows,
                                   resample_weights weights, uint8_t *target) {
  size_t target_stride = 3 * (size_t)weights.outputs;
  // Loads read up to four bytes beyond a row's end, so the plain loop computes the last row.
  int32_t last = rows - 1;
  for (int32_t row = 0; row < last; row += 2) {
    // An odd one is computed twice into the same place.
    int paired = row + 1 < last;
    const uint8_t *upper = source + (size_t)row * source_stride;
    const uint8_t *lower = paired ? upper + source_stride : upper;
    uint8_t *upper_target = target + (size_t)row * target_stride;
    uint8_t *lower_target = paired ? upper_target + target_stride : upper_target;
    for (int32_t i = 0; i < weights.outputs; i++) {
      size_t start = 3 * (size_t)weights.starts[i];
      size_t first = (size_t)i * (size_t)weights.taps;
      pixel_of_two_rows(upper + start, lower + start, weights.high + first, weights.low + first,
                        weights.taps, upper_target + 3 * i, lower_target + 3 * i);
    }
  }
  resample_horizontal_plain(source + (size_t)last * source_stride, source_stride, 1, weights,
                            target + (size_t)last * target_stride);
}

INLINE __m256i packed(const __m256i *high, const __m256i *low) {
  return _mm256_packs_epi32(joined(high[0], low[0]), joined(high[1], low[1]));
}

// 32 columns of one output row. Unpacking and packing both work within register halves, so the
// columns come out in order.
INLINE void columns(const uint8_t *top, size_t stride, const int16_t *high, const int16_t *low,
                    int32_t taps, uint8_t *target) {
  const __m256i zero = _mm256_setzero_si256();
  __m256i high_sum[4] = {zero, zero, zero, zero}, low_sum[4] = {zero, zero, zero, zero};
  for (int32_t t = 0; t < taps; t += 2, top += 2 * stride) {
    __m256i upper = _mm256_loadu_si256((const __m256i *)top);
    __m256i lower = _mm256_loadu_si256((const __m256i *)(top + stride));
    __m256i left = _mm256_unpacklo_epi8(upper, lower);
    __m256i right = _mm256_unpackhi_epi8(upper, lower);
    __m256i values[4] = {
        _mm256_unpacklo_epi8(left, zero), _mm256_unpackhi_epi8(left, zero),
        _mm256_unpacklo_epi8(right, zero), _mm256_unpackhi_epi8(right, zero)};
    __m256i high_pair = pair(high + t), low_pair = pair(low + t);
    for (int i = 0; i < 4; i++) {
      high_sum[i] = multiply_add(high_sum[i], values[i], high_pair);
      low_sum[i] = multiply_add(low_sum[i], values[i], low_pair);
    }
  }
  __m256i left = packed(high_sum, low_sum);
  __m256i right = packed(high_sum + 2, low_sum + 2);
  _mm256_storeu_si256((__m256i *)target, _mm256_packus_epi16(left, right));
}

AVX2 void resample_vertical_avx2(const uint8_t *source, size_t source_stride, size_t row_bytes,
                                 resample_weights weights, uint8_t *target) {
  for (int32_t i = 0; i < weights.outputs; i++, target += row_bytes) {
    const uint8_t *top = source + (size_t)weights.starts[i] * source_stride;
    size_t first = (size_t)i * (size_t)weights.taps;
    if (row_bytes < 32) {
      resample_vertical_plain(source, source_stride, row_bytes, weights, i, target);
      continue;
    }
    // The last block overlaps the one before it.
    for (size_t from = 0; from < row_bytes; from += 32) {
      size_t at = from + 32 <= row_bytes ? from : row_bytes - 32;
      columns(top + at, source_stride, weights.high + first, weights.low + first, weights.taps,
              target + at);
    }
  }
}

#endif
