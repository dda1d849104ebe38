// The modes without traffic between clients. Each fills the report, or fails.
#pragma once

void run_idle(void);
void run_connects(void);
void run_subs(void);
void run_topics(void);
