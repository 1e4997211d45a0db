#ifndef SENTENCEPIECE_C_H
#define SENTENCEPIECE_C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// SentencePiece with a C interface: no exception leaves these functions. Those that return `bool`
/// return false on failure, with the reason in `failure`.
typedef struct sp_processor sp_processor;

typedef struct {
  char text[512];
} sp_failure;

/// Bytes or ids owned by the caller, who frees `bytes` or `values` with `free`.
typedef struct {
  char *bytes;
  size_t count;
} sp_bytes;

typedef struct {
  int32_t *values;
  size_t count;
} sp_ids;

/// The number of pieces, and the special ids of the model; -1 where it has none.
typedef struct {
  int32_t pieces, pad, unknown, start, end;
} sp_sizes;

bool sp_load(const void *model, size_t count, sp_processor **out, sp_failure *failure);
void sp_free(sp_processor *processor);
bool sp_get_sizes(const sp_processor *processor, sp_sizes *out, sp_failure *failure);

/// `text` is UTF-8 of `count` bytes. May be called by several threads at once, as `sp_decode`.
bool sp_encode(const sp_processor *processor, const char *text, size_t count, sp_ids *out,
               sp_failure *failure);
bool sp_decode(const sp_processor *processor, const int32_t *ids, size_t count, sp_bytes *out,
               sp_failure *failure);

/// Gives the next text, valid until the next call.
typedef enum { sp_next_text = 0, sp_next_end = 1, sp_next_failed = 2 } sp_next;
typedef sp_next (*sp_next_function)(void *context, const char **text, size_t *count);

/// Trains a model on the texts that `next` gives, all called on the caller's thread.
/// `names` and `values` are `option_count` trainer options, as `spm_train` names them.
bool sp_train(const char *const *names, const char *const *values, size_t option_count,
              sp_next_function next, void *context, sp_bytes *out, sp_failure *failure);

#ifdef __cplusplus
}
#endif
#endif
