#include "sentencepiece_c.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <unordered_map>
#include <vector>

struct sp_processor {
  sentencepiece::SentencePieceProcessor value;
};

namespace {

bool fail(sp_failure *failure, const char *text) {
  std::strncpy(failure->text, text, sizeof failure->text - 1);
  failure->text[sizeof failure->text - 1] = 0;
  return false;
}

bool check(const sentencepiece::util::Status &status, sp_failure *failure) {
  return status.ok() ? true : fail(failure, status.error_message());
}

template <typename Body>
bool guarded(sp_failure *failure, Body body) {
  try {
    return body();
  } catch (const std::exception &error) {
    return fail(failure, error.what());
  } catch (...) {
    return fail(failure, "unknown exception");
  }
}

void *copy(const void *bytes, size_t count) {
  void *out = std::malloc(count > 0 ? count : 1);
  if (out == nullptr) throw std::bad_alloc();
  if (count > 0) std::memcpy(out, bytes, count);
  return out;
}

class CallbackIterator : public sentencepiece::SentenceIterator {
 public:
  CallbackIterator(sp_next_function next, void *context) : next_(next), context_(context) {
    Next();
  }
  bool done() const override { return state_ != sp_next_text; }
  void Next() override {
    const char *text = nullptr;
    size_t count = 0;
    state_ = next_(context_, &text, &count);
    if (state_ == sp_next_text) text_.assign(text, count);
  }
  const std::string &value() const override { return text_; }
  sentencepiece::util::Status status() const override {
    if (state_ != sp_next_failed) return {};
    return {sentencepiece::util::StatusCode::kCancelled, "the texts could not be read"};
  }

 private:
  sp_next_function next_;
  void *context_;
  sp_next state_ = sp_next_end;
  std::string text_;
};

}  // namespace

extern "C" {

bool sp_load(const void *model, size_t count, sp_processor **out, sp_failure *failure) {
  return guarded(failure, [&] {
    auto processor = std::make_unique<sp_processor>();
    const std::string_view bytes(static_cast<const char *>(model), count);
    if (!check(processor->value.LoadFromSerializedProto(bytes), failure)) return false;
    *out = processor.release();
    return true;
  });
}

void sp_free(sp_processor *processor) { delete processor; }

bool sp_get_sizes(const sp_processor *processor, sp_sizes *out, sp_failure *failure) {
  return guarded(failure, [&] {
    const auto &value = processor->value;
    *out = {value.GetPieceSize(), value.pad_id(), value.unk_id(), value.bos_id(), value.eos_id()};
    return true;
  });
}

bool sp_encode(const sp_processor *processor, const char *text, size_t count, sp_ids *out,
               sp_failure *failure) {
  return guarded(failure, [&] {
    std::vector<int> ids;
    if (!check(processor->value.Encode(std::string_view(text, count), &ids), failure)) return false;
    static_assert(sizeof(int) == sizeof(int32_t), "ids are 32 bits");
    *out = {static_cast<int32_t *>(copy(ids.data(), ids.size() * sizeof(int32_t))), ids.size()};
    return true;
  });
}

bool sp_decode(const sp_processor *processor, const int32_t *ids, size_t count, sp_bytes *out,
               sp_failure *failure) {
  return guarded(failure, [&] {
    std::string text;
    if (!check(processor->value.Decode(std::vector<int>(ids, ids + count), &text), failure)) {
      return false;
    }
    *out = {static_cast<char *>(copy(text.data(), text.size())), text.size()};
    return true;
  });
}

bool sp_train(const char *const *names, const char *const *values, size_t option_count,
              sp_next_function next, void *context, sp_bytes *out, sp_failure *failure) {
  return guarded(failure, [&] {
    std::unordered_map<std::string, std::string> options;
    for (size_t i = 0; i < option_count; ++i) options[names[i]] = values[i];
    CallbackIterator texts(next, context);
    std::string model;
    const auto status = sentencepiece::SentencePieceTrainer::Train(options, &texts, &model);
    if (!check(status, failure)) return false;
    *out = {static_cast<char *>(copy(model.data(), model.size())), model.size()};
    return true;
  });
}

}  // extern "C"
