#ifndef COCA_RESAMPLE_LEVELS_H
#define COCA_RESAMPLE_LEVELS_H

#include "resample.h"

void resample_horizontal_avx2(const uint8_t *source, size_t source_stride, int32_t rows,
                              resample_weights weights, uint8_t *target);
void resample_vertical_avx2(const uint8_t *source, size_t source_stride, size_t row_bytes,
                            resample_weights weights, uint8_t *target);
void resample_horizontal_plain(const uint8_t *source, size_t source_stride, int32_t rows,
                               resample_weights weights, uint8_t *target);
void resample_vertical_plain(const uint8_t *source, size_t source_stride, size_t row_bytes,
                             resample_weights weights, int32_t output, uint8_t *target_row);

static inline int32_t resample_weight(resample_weights weights, size_t index) {
  return weights.high[index] * 32768 + weights.low[index];
}

#endif
