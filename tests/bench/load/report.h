// The JSON object on stdout. Values are added as they become known, so that a failed run shows how far it
// got.
#pragma once
#include <stdint.h>

void report_text(const char *key, const char *value);
void report_count(const char *key, uint64_t value);
void report_number(const char *key, double value);
void report_counts(const char *key, const uint64_t *values, int length);
void report_open(const char *key);
void report_close(void);

// Prints the object with "ok": true.
void report_success(void);

// Prints the reason on stderr, the object with "ok": false on stdout, and ends the program with code 1.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
