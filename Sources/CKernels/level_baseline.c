// Any x86-64 processor: SSE2.
#include "include/products.h"

// Every function with a vector wider than the machine's is inlined, so no calling convention
// matters.
#pragma clang diagnostic ignored "-Wpsabi"

#define LEVEL_TABLE kernels_baseline
#define LEVEL_NAME "baseline"
#define LEVEL_PRODUCTS(kernel) NULL

#include "bodies/vectors.inc"
#include "bodies/pieces.inc"
#include "bodies/table.inc"
