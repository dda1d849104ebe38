// A growing buffer.
#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
  uint8_t *at;
  uint32_t length, capacity;
};

// Makes room for `more` bytes behind the end and returns where they go.
static inline uint8_t *bytes_reserve(struct bytes *b, uint32_t more) {
  if (b->length + more > b->capacity) {
    uint32_t capacity = b->capacity ? b->capacity : 64;
    while (capacity < b->length + more) capacity *= 2;
    b->at = realloc(b->at, capacity);
    if (!b->at) abort();
    b->capacity = capacity;
  }
  return b->at + b->length;
}

static inline void bytes_append(struct bytes *b, const void *data, uint32_t length) {
  if (!length) return;
  memcpy(bytes_reserve(b, length), data, length);
  b->length += length;
}

static inline void bytes_drop(struct bytes *b, uint32_t length) {
  b->length -= length;
  if (b->length) memmove(b->at, b->at + length, b->length);
}
