// Latencies in buckets that are at most 3 % wide.
#pragma once
#include <stdint.h>

struct histogram {
  uint64_t bucket[60 * 32];
  uint64_t count, max;
};

static inline void histogram_add(struct histogram *h, uint64_t ns) {
  // Below 32 ns a bucket is one nanosecond; above, each power of two is cut into 32.
  unsigned power = ns < 32 ? 0 : (unsigned)(63 - __builtin_clzll(ns)) - 4;
  unsigned slot = ns < 32 ? (unsigned)ns : (unsigned)(ns >> (power - 1)) - 32 + power * 32;
  h->bucket[slot]++;
  h->count++;
  if (ns > h->max) h->max = ns;
}

// The latency in microseconds that the given share (0..1) of all does not exceed.
double histogram_quantile(const struct histogram *h, double share);

// Adds "latency_us" to the report.
void histogram_report(const struct histogram *h);
