#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static char text[16384];
static size_t length;
static int depth;
static int filled; // the innermost object has a value already

static void add(const char *format, ...) {
  va_list values;
  va_start(values, format);
  int added = vsnprintf(text + length, sizeof text - length, format, values);
  va_end(values);
  if (added < 0 || length + (size_t)added >= sizeof text) abort();
  length += (size_t)added;
}

static void add_string(const char *value) {
  add("\"");
  for (; *value; value++) {
    if (*value == '"' || *value == '\\') add("\\%c", *value);
    else if ((unsigned char)*value < 0x20) add(" ");
    else add("%c", *value);
  }
  add("\"");
}

static void add_key(const char *key) {
  add("%s\n%*s", filled ? "," : "", 2 * (depth + 1), "");
  add_string(key);
  add(": ");
  filled = 1;
}

void report_text(const char *key, const char *value) {
  add_key(key);
  add_string(value);
}

void report_count(const char *key, uint64_t value) {
  add_key(key);
  add("%llu", (unsigned long long)value);
}

void report_number(const char *key, double value) {
  add_key(key);
  add("%.6g", value);
}

void report_counts(const char *key, const uint64_t *values, int count) {
  add_key(key);
  for (int i = 0; i < count; i++) add("%s%llu", i ? ", " : "[", (unsigned long long)values[i]);
  add("%s", count ? "]" : "[]");
}

void report_open(const char *key) {
  add_key(key);
  add("{");
  depth++;
  filled = 0;
}

void report_close(void) {
  depth--;
  add("\n%*s}", 2 * (depth + 1), "");
  filled = 1;
}

static void print(const char *ok) {
  while (depth) report_close();
  add_key("ok");
  printf("{%s%s\n}\n", text, ok);
}

void report_success(void) { print("true"); }

_Noreturn void fail(const char *format, ...) {
  char reason[512];
  va_list values;
  va_start(values, format);
  vsnprintf(reason, sizeof reason, format, values);
  va_end(values);
  fprintf(stderr, "%s\n", reason);
  while (depth) report_close();
  report_text("failure", reason);
  print("false");
  fflush(stdout);
  _Exit(1);
}
