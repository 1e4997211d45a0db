#ifndef COCA_RESAMPLE_H
#define COCA_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

/// Which implementation runs. Both give the same bytes: integer arithmetic, same rounding.
typedef enum { RESAMPLE_PLAIN = 0, RESAMPLE_AVX2 = 1 } resample_level;

/// The fastest level of this processor.
resample_level resample_best_level(void);

/// Binary places of a weight; and the number of which `taps` must be a multiple, except for
/// `RESAMPLE_PLAIN`.
enum { RESAMPLE_PRECISION = 22, RESAMPLE_TAP_MULTIPLE = 4 };

/// Weights of one axis: output i is the sum over t < taps of
/// (high[i * taps + t] * 32768 + low[i * taps + t]) * input[starts[i] + t], in units of 2^-22.
typedef struct {
  const int32_t *starts;
  const int16_t *high;
  const int16_t *low;
  int32_t outputs;
  int32_t taps;
} resample_weights;

/// Resamples each of `rows` rows of RGB bytes to `outputs` pixels, rounded to bytes.
/// Rows of the source are `source_stride` bytes apart, those of the target lie without gaps.
void resample_horizontal(resample_level level, const uint8_t *source, size_t source_stride,
                         int32_t rows, resample_weights weights, uint8_t *target);

/// Resamples columns: `outputs` rows of `row_bytes` bytes, without gaps, rounded to bytes.
void resample_vertical(resample_level level, const uint8_t *source, size_t source_stride,
                       size_t row_bytes, resample_weights weights, uint8_t *target);

#endif
