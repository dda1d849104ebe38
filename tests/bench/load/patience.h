// Notices that nothing moves any more.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "options.h"

struct patience {
  uint64_t since, sum;
};

// True when `sum`, which grows with every bit of progress, has not changed for opt.patience seconds.
static inline bool patience_over(struct patience *p, uint64_t sum, uint64_t now) {
  if (p->since && sum == p->sum) return seconds_between(p->since, now) > opt.patience;
  p->sum = sum;
  p->since = now;
  return false;
}
