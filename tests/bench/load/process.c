#include "process.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "options.h"
#include "report.h"

// The sum over all processes is counted in ticks of 10 ms: this many seconds may be nothing but rounding.
#define UNCERTAIN 0.05

// utime and stime of /proc/PID/stat: the same sum as the clock below, in ticks of 10 ms.
static double cpu_from_stat(uint32_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%u/stat", pid);
  FILE *file = fopen(path, "r");
  if (!file) fail("The broker's process %u is gone", pid);
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = 0;
  unsigned long long user = 0, system = 0;
  char *fields = strrchr(text, ')'); // the name before it may hold anything
  if (!fields ||
      sscanf(fields + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) != 2) {
    fail("Cannot read %s", path);
  }
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

double broker_cpu(void) {
  if (!opt.broker_pid) return 0;
  clockid_t clock;
  struct timespec spent;
  if (clock_getcpuclockid((pid_t)opt.broker_pid, &clock) || clock_gettime(clock, &spent)) {
    return cpu_from_stat(opt.broker_pid);
  }
  return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

struct memory broker_memory(void) {
  struct memory memory = {0};
  if (!opt.broker_pid) return memory;
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%u/status", opt.broker_pid);
  FILE *file = fopen(path, "r");
  if (!file) fail("The broker's process %u is gone", opt.broker_pid);
  unsigned long long value;
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, "VmRSS: %llu", &value) == 1) memory.rss_kb = value;
    if (sscanf(line, "RssAnon: %llu", &value) == 1) memory.anonymous_kb = value;
    if (sscanf(line, "VmHWM: %llu", &value) == 1) memory.peak_kb = value;
  }
  fclose(file);
  return memory;
}

static double own_cpu(void) {
  struct timespec spent;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

static double everyones_cpu(void) {
  unsigned long long user = 0, nice = 0, system = 0;
  FILE *file = fopen("/proc/stat", "r");
  if (!file) return 0;
  if (fscanf(file, "cpu %llu %llu %llu", &user, &nice, &system) != 3) user = nice = system = 0;
  fclose(file);
  return (double)(user + nice + system) / (double)sysconf(_SC_CLK_TCK);
}

struct usage usage_now(void) { return (struct usage){broker_cpu(), own_cpu(), everyones_cpu(), now_ns()}; }

void report_others(const struct usage *from, const struct usage *to) {
  if (!opt.broker_pid) return;
  double ours = to->broker - from->broker + to->own - from->own;
  double others = to->everyone - from->everyone - ours - UNCERTAIN;
  report_number("other_cpu", others > 0 ? others / seconds_between(from->time, to->time) : 0);
}

static void pin(int pid, int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  if (sched_setaffinity(pid, sizeof set, &set)) {
    fail("Cannot keep process %d on processor %d: %s", pid, processor, strerror(errno));
  }
}

void pin_processes(void) {
  pin(0, 0);
  if (opt.broker_pid) pin((int)opt.broker_pid, 1);
}
