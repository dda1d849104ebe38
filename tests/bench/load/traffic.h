// The modes with traffic between clients: pair, twin, mesh, fanout, fanin, churn, stall.
#pragma once
#include <stdbool.h>
#include <stdint.h>

void run_traffic(void);

// Everything done for `messages` more publishes per publisher, or for `seconds` when that is not 0.
// Ends when all of it has been delivered and acknowledged; fails when it does not.
void traffic_phase(uint64_t messages, double seconds);
