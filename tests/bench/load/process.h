// What the kernel knows of the broker's process and of our own.
#pragma once
#include <stdint.h>

struct memory {
  uint64_t rss_kb;       // resident now
  uint64_t anonymous_kb; // of these, not backed by a file: without the program's own code
  uint64_t peak_kb;      // the most that was ever resident
};

// CPU seconds so far.
struct usage {
  double broker;   // all its threads; 0 without --pid
  double own;      // this program
  double everyone; // all processes of the machine
  uint64_t time;
};

struct usage usage_now(void);

// CPU seconds of all threads of the broker since it started; 0 without --pid.
double broker_cpu(void);

// How many processors were busy with neither the broker nor this program: what disturbed the measurement.
// Only with --pid.
void report_others(const struct usage *from, const struct usage *to);

// Zeroes without --pid.
struct memory broker_memory(void);

// Keeps this program and the broker's main thread apart, each on a processor of its own. Otherwise the
// scheduler sometimes runs them in turns on the same one, which makes a wake-up much cheaper and repetitions
// incomparable.
void pin_processes(void);
