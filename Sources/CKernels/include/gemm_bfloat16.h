// Matrix products in bfloat16, for processors that have them (AVX512-BF16).
#ifndef COCA_GEMM_BFLOAT16_H
#define COCA_GEMM_BFLOAT16_H

#include "kernels.h"

#pragma clang assume_nonnull begin

/// Whether this processor runs `gemm_bfloat16`.
int gemm_bfloat16_supported(void);

/// c[m, n] = a[m, k] · b[k, n] + keep · c, on the calling thread. Elements of a and b are rounded
/// to bfloat16 (to nearest even, denormals to zero); their products are summed in float32.
/// `a_row` and `a_column` are the distances between rows and columns in elements, one of them 1;
/// likewise of b. `c` is row-major, `ldc` between rows.
void gemm_bfloat16(index_t m, index_t n, index_t k, const float *a, index_t a_row, index_t a_column,
                   const float *b, index_t b_row, index_t b_column, float keep, float *c,
                   index_t ldc);

#pragma clang assume_nonnull end

#endif
