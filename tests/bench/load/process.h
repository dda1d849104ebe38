// What the kernel knows of the broker's process and of our own.
#pragma once
#include <stdint.h>

struct memory {
  uint64_t rss_kb;       // resident now
  uint64_t anonymous_kb; // of these, not backed by a file: without the program's own code
  uint64_t peak_kb;      // the most that was ever resident
};

// CPU seconds of all threads of the broker since it started; 0 without --pid.
double broker_cpu(void);

// Zeroes without --pid.
struct memory broker_memory(void);

// CPU seconds of this program.
double own_cpu(void);
