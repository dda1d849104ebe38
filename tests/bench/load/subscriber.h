// Connections with many subscriptions each, and a publisher whose every message concerns exactly one of them.
#pragma once
#include <stdint.h>

#include "histogram.h"

extern struct histogram subscriber_latency;

void subscribers_open(void);

// Subscribes until every connection has this many, or all it is to have; returns how many were added.
uint32_t subscribers_take(uint32_t each);

uint32_t subscribers_total(void);

// Publishes to topics spread over all subscriptions taken so far; ends when all arrived at the right
// connections, in order. A rate of 0 is flat out.
void subscribers_publish(uint64_t count, double rate);
