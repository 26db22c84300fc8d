/*
 * What a stand-in library knows of its exports: their names, the functions they jump to, and how
 * often each was refused for want of one. Java finds all of it through one symbol.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Answers with the function behind an export, by its number; NULL refuses the call. */
typedef void *(*resolver)(int32_t index);

extern const char *const standin_names[];
extern _Atomic(void *) standin_slots[];
extern const uint32_t standin_count;

static _Atomic(resolver) resolve;
static _Atomic(int64_t) refused[REFUSABLE];

/* A number for the operating system's thread that asks, never given twice. */
static int64_t thread(void) {
  static _Atomic(int64_t) threads;
  static _Thread_local int64_t number;
  if (number == 0) {
    number = atomic_fetch_add(&threads, 1) + 1;
  }
  return number;
}

/* What answers a call of which only the caller's own cost is to be measured. */
static int32_t nothing(void) { return 0; }

/* The layout NativeTable.java reads: seven pointers. */
__attribute__((visibility("default"))) const struct {
  const uint32_t *count;
  const char *const *names;
  _Atomic(void *) *slots;
  _Atomic(int64_t) *refused;
  _Atomic(resolver) *resolve;
  int64_t (*thread)(void);
  int32_t (*nothing)(void);
} lockstep_standin = {&standin_count, standin_names, standin_slots, refused, &resolve,
                      thread,         nothing};

__attribute__((visibility("hidden"))) void *standin_find(uint32_t index) {
  resolver ask = atomic_load(&resolve);
  void *function = ask == NULL ? NULL : ask((int32_t)index);
  if (function == NULL) {
    atomic_fetch_add(&refused[index], 1);
  } else {
    atomic_store(&standin_slots[index], function);
  }
  return function;
}
