/* Nothing is built yet. */
extern int policyd_empty;
