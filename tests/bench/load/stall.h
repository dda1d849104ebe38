// Subscribers of the busy topics that never read.
#pragma once
#include <stdint.h>

// Opens them, and fills every buffer between the broker and them: from here on there is no room for a byte.
void stall_open(void);

// How many of them the broker has disconnected.
uint32_t stall_closed(void);
