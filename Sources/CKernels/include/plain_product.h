// The reference for faster products.
#ifndef COCA_PLAIN_PRODUCT_H
#define COCA_PLAIN_PRODUCT_H

#include "kernels.h"

#pragma clang assume_nonnull begin

/// c[m, n] += a[m, k] · b[k, n], row-major and contiguous, in the textbook's three loops.
void plain_product(index_t m, index_t n, index_t k, const float *a, const float *b, float *c);

#pragma clang assume_nonnull end

#endif
