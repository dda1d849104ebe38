// Connections that subscribe and unsubscribe all the time.
#pragma once
#include <stdint.h>

void churn_open(void);

// Sends the operations that are due by now.
void churn_due(void);

// Starts counting.
void churn_start(void);

uint64_t churn_done(void);
