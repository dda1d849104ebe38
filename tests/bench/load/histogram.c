#include "histogram.h"

#include "report.h"

static uint64_t bucket_end(unsigned slot) {
  unsigned power = slot / 32;
  return power == 0 ? slot : ((uint64_t)(slot % 32 + 33) << (power - 1)) - 1;
}

double histogram_quantile(const struct histogram *h, double share) {
  uint64_t wanted = (uint64_t)((double)h->count * share), seen = 0;
  for (unsigned slot = 0; slot < sizeof h->bucket / sizeof *h->bucket; slot++) {
    seen += h->bucket[slot];
    if (seen > wanted) {
      uint64_t end = bucket_end(slot);
      return (double)(end < h->max ? end : h->max) / 1e3;
    }
  }
  return (double)h->max / 1e3;
}

void histogram_report(const struct histogram *h) {
  report_open("latency_us");
  report_number("p50", histogram_quantile(h, 0.5));
  report_number("p99", histogram_quantile(h, 0.99));
  report_number("p99_9", histogram_quantile(h, 0.999));
  report_number("max", (double)h->max / 1e3);
  report_close();
}
